/** Incidents in ServiceNow (Table API). Our id is the record's `correlation_id`, by which it is found again. */
import { z } from 'zod'
import { action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { caseText, plainText } from '../../kit/case-text.ts'
import { defineActions } from '../../kit/connector.ts'
import { at, type HttpTarget } from '../../kit/http.ts'
import { basicAuth } from '../../kit/secret.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { type Settings, settings } from './settings.ts'

interface Table {
  readonly target: HttpTarget
  readonly path: string
}

const connect = ({ url, user, password, table, tls }: Settings): Table => ({
  target: { base: url, headers: { authorization: basicAuth(user, password) }, ...tlsOf(tls) },
  path: at`/api/now/table/${table}`,
})

const record = z.looseObject({ sys_id: z.string(), number: z.string() })
const one = z.looseObject({ result: record })
const DRY = { result: { sys_id: '0', number: 'INC0' } }
/** 1 high to 3 low; priority is made of both there. */
const URGENCY = { info: '3', low: '3', medium: '2', high: '1', critical: '1' } as const
const id = () =>
  z
    .string()
    .regex(/^[0-9a-f]+$/)
    .describe('`sys_id` of the record, from create_incident.')

export default defineActions({
  id: 'servicenow',
  summary: 'Incidents in ServiceNow.',
  config: settings,
  example: `
servicenow:
  url: https://shop.service-now.com
  user: riposte
  password: from-a-password-manager
`,
  permissions: ['The role itil, or sn_si.basic for Security Operations, and access to the Table API.'],
  connect,
  actions: {
    create_incident: action({
      summary: 'Create the incident of a case; one that exists is found.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      output: z.strictObject({ id: z.string(), number: z.string(), created: z.boolean() }),
      async run({ case: file }, { target, path }: Table, { http }) {
        const query = { sysparm_query: `correlation_id=${file.id}`, sysparm_limit: 1, sysparm_fields: 'sys_id,number' }
        const found = await http(target, { method: 'GET', path, query, effect: 'read', whenDry: { result: [] } })
        const [known] = readAnswer(found, z.looseObject({ result: z.array(record) })).result
        if (known) return { id: known.sys_id, number: known.number, created: false }
        const urgency = URGENCY[file.severity]
        const json = {
          short_description: file.title.slice(0, 160),
          description: plainText(caseText(file)).slice(0, 30_000),
          correlation_id: file.id,
          correlation_display: 'Riposte',
          urgency,
          impact: urgency,
        }
        const { result } = readAnswer(
          await http(target, { method: 'POST', path, json, effect: 'write', whenDry: DRY }),
          one,
        )
        return { id: result.sys_id, number: result.number, created: true }
      },
    }),
    add_note: action({
      summary: 'Add a work note to an incident.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({ id: id(), text: z.string().min(1).describe('The note.') }),
      output: z.strictObject({ done: z.boolean() }),
      async run({ id: sys, text }, { target, path }: Table, { http }) {
        await http(target, {
          method: 'PATCH',
          path: `${path}${at`/${sys}`}`,
          json: { work_notes: text },
          effect: 'write',
        })
        return { done: true }
      },
    }),
    resolve_incident: action({
      summary: 'Resolve an incident.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({
        id: id(),
        code: z
          .string()
          .min(1)
          .default('Solution provided')
          .describe('Close code; the instance decides which there are.'),
        notes: z.string().min(1).describe('How it was resolved.'),
      }),
      output: z.strictObject({ done: z.boolean() }),
      async run({ id: sys, code, notes }, { target, path }: Table, { http }) {
        const json = { state: '6', close_code: code, close_notes: notes }
        await http(target, { method: 'PATCH', path: `${path}${at`/${sys}`}`, json, effect: 'write' })
        return { done: true }
      },
    }),
  },
  async probe({ target, path }, { http }) {
    const query = { sysparm_limit: 1, sysparm_fields: 'sys_id,number' }
    readAnswer(
      await http(target, { method: 'GET', path, query, effect: 'read' }),
      z.looseObject({ result: z.array(z.unknown()) }),
    )
    return 'the table can be read'
  },
})
