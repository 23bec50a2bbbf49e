/** Cortex XSOAR 6 and 8 (the public server API): incidents, notes, closing. */
import { z } from 'zod'
import { type ActionCall, action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { type CaseFile, caseFile } from '../../kit/case-file.ts'
import { caseText, plainText } from '../../kit/case-text.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpAnswer, HttpRequest } from '../../kit/http.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { signedIn } from './credentials.ts'
import { type Settings, settings } from './settings.ts'

interface Server {
  ask(request: HttpRequest & { readonly path: string }, call: ActionCall): Promise<HttpAnswer>
  readonly settings: Settings
}

const connect = (chosen: Settings): Server => {
  const tls = tlsOf(chosen.tls)
  const prefix = chosen.version === 8 ? '/xsoar/public/v1' : ''
  return {
    settings: chosen,
    ask: (request, { http, clock }) =>
      http(
        { base: chosen.url, headers: signedIn(chosen, clock()), ...tls },
        { ...request, path: `${prefix}${request.path}` },
      ),
  }
}

const SEVERITY = { info: 0.5, low: 1, medium: 2, high: 3, critical: 4 } as const
/** Our key, as a label: the server has none of its own. */
const LABEL = 'riposte'

const incident = z.looseObject({ id: z.string(), investigationId: z.string().optional() })
const found = z.looseObject({ total: z.int().default(0), data: z.array(incident).nullish() })
const NONE = { total: 0, data: [] }
const DRY = { id: '0' }

const incidentOf = (file: CaseFile, type: string): object => ({
  name: file.title,
  type,
  severity: SEVERITY[file.severity],
  occurred: file.openedAt,
  details: plainText(caseText(file)),
  labels: [
    { type: LABEL, value: file.id },
    { type: 'Source IP', value: file.subject.value },
    ...file.attackClasses.map((value) => ({ type: 'Attack', value })),
  ],
  rawJSON: JSON.stringify(file),
  // Without it no playbook starts.
  createInvestigation: true,
})

const search = async (server: Server, query: string, size: number, call: ActionCall) => {
  const json = { filter: { query, page: 0, size } }
  const answer = await server.ask(
    { method: 'POST', path: '/incidents/search', json, effect: 'read', whenDry: NONE },
    call,
  )
  return readAnswer(answer, found).data ?? []
}

const id = () =>
  z
    .string()
    .regex(/^[\w-]+$/)
    .describe('The id of the incident there, from create_incident.')

export default defineActions({
  id: 'xsoar',
  summary: 'Incidents in Cortex XSOAR (Demisto) 6 and 8.',
  config: settings,
  example: `
xsoar:
  url: https://api-soc.example.net
  key: from-a-password-manager
  keyId: '7'
`,
  permissions: ['A key whose role may read, create and close incidents and write to the war room.'],
  connect,
  actions: {
    create_incident: action({
      summary: 'Create the incident of a case and start its playbook there; one that exists is found.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      output: z.strictObject({ id: z.string(), created: z.boolean() }),
      async run({ case: file }, server: Server, call) {
        const [known] = await search(server, `labels:"${LABEL}:${file.id}"`, 1, call)
        if (known) return { id: known.id, created: false }
        const json = incidentOf(file, server.settings.type)
        const answer = await server.ask(
          { method: 'POST', path: '/incident', json, effect: 'write', whenDry: DRY },
          call,
        )
        return { id: readAnswer(answer, incident).id, created: true }
      },
    }),
    add_note: action({
      summary: 'Write into the war room of an incident.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({ incident: id(), text: z.string().min(1).describe('The note.') }),
      output: z.strictObject({ done: z.boolean() }),
      async run({ incident: investigationId, text }, server: Server, call) {
        const json = { investigationId, data: text, markdown: false }
        await server.ask({ method: 'POST', path: '/entry/note', json, effect: 'write' }, call)
        return { done: true }
      },
    }),
    close_incident: action({
      summary: 'Close an incident.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({
        incident: id(),
        reason: z.enum(['Resolved', 'False Positive', 'Duplicate', 'Other']).default('Resolved').describe('Why.'),
        notes: z.string().default('').describe('A word on it.'),
      }),
      output: z.strictObject({ done: z.boolean() }),
      async run({ incident: one, reason, notes }, server: Server, call) {
        const json = { ids: [one], closeReason: reason, closeNotes: notes }
        await server.ask({ method: 'POST', path: '/incident/batchClose', json, effect: 'write' }, call)
        return { done: true }
      },
    }),
  },
  async probe(server, call) {
    await search(server, '', 1, call)
    return `XSOAR ${server.settings.version} answers`
  },
})
