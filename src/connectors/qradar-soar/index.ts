/** IBM QRadar SOAR, formerly Resilient (its REST API is described on each box at /docs/rest-api): incidents. */
import { z } from 'zod'
import { Failure } from '../../core/failure.ts'
import { type ActionCall, action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import { at, type HttpTarget } from '../../kit/http.ts'
import { basicAuth } from '../../kit/secret.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { incidentOf } from './incident.ts'
import { type Settings, settings } from './settings.ts'

interface Organisation {
  readonly target: HttpTarget
  readonly settings: Settings
  readonly base: string
}

const connect = (chosen: Settings): Organisation => ({
  target: { base: chosen.url, headers: { authorization: basicAuth(chosen.keyId, chosen.key) }, ...tlsOf(chosen.tls) },
  settings: chosen,
  base: at`/rest/orgs/${chosen.organisation}`,
})

const incident = z.looseObject({ id: z.int(), vers: z.int().optional(), plan_status: z.string().optional() })
const DRY = { id: 0, vers: 1 }

/** The server has no key of its own; where the operator gave us a field, ours is kept there. */
const existing = async ({ target, base, settings: { keyField } }: Organisation, key: string, { http }: ActionCall) => {
  if (keyField === undefined) return undefined
  const conditions = [{ field_name: `properties.${keyField}`, method: 'equals', value: key }]
  const answer = await http(target, {
    method: 'POST',
    path: `${base}/incidents/query_paged`,
    query: { return_level: 'normal' },
    json: { filters: [{ conditions }], start: 0, length: 1 },
    effect: 'read',
    whenDry: { data: [] },
  })
  return readAnswer(answer, z.looseObject({ data: z.array(incident) })).data[0]
}

const id = () => z.int().min(0).describe('The id of the incident there, from create_incident.')
const patched = z.looseObject({ success: z.boolean(), message: z.string().nullish() })

export default defineActions({
  id: 'qradar-soar',
  summary: 'Incidents in IBM QRadar SOAR (Resilient).',
  config: settings,
  example: `
qradar-soar:
  url: https://resilient.example.net
  keyId: 00000000-0000-0000-0000-000000000000
  key: from-a-password-manager
  organisation: 201
`,
  permissions: ['An API key account that may create, read and edit incidents.'],
  connect,
  actions: {
    create_incident: action({
      summary: 'Create the incident of a case with its artifacts; with keyField one that exists is found.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      output: z.strictObject({ id: z.int(), created: z.boolean() }),
      async run({ case: file }, organisation: Organisation, call) {
        const known = await existing(organisation, file.id, call)
        if (known) return { id: known.id, created: false }
        const { target, base, settings: chosen } = organisation
        const json = incidentOf(file, chosen)
        const answer = await call.http(target, {
          method: 'POST',
          path: `${base}/incidents`,
          json,
          effect: 'write',
          whenDry: DRY,
        })
        return { id: readAnswer(answer, incident).id, created: true }
      },
    }),
    add_comment: action({
      summary: 'Add a comment to an incident.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({ incident: id(), text: z.string().min(1).describe('The comment.') }),
      output: z.strictObject({ id: z.int() }),
      async run({ incident: one, text }, { target, base }: Organisation, { http }) {
        const path = `${base}${at`/incidents/${one}/comments`}`
        const json = { text: { format: 'text', content: text } }
        return {
          id: readAnswer(await http(target, { method: 'POST', path, json, effect: 'write', whenDry: DRY }), incident)
            .id,
        }
      },
    }),
    close_incident: action({
      summary: 'Close an incident.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({
        incident: id(),
        resolution: z
          .enum(['Resolved', 'Unresolved', 'Duplicate', 'Not an Issue'])
          .default('Resolved')
          .describe('How it ended.'),
        summary: z.string().min(1).describe('A word on it.'),
      }),
      output: z.strictObject({ done: z.boolean() }),
      async run({ incident: one, resolution, summary }, { target, base }: Organisation, { http }) {
        const path = `${base}${at`/incidents/${one}`}`
        const now = readAnswer(await http(target, { method: 'GET', path, effect: 'read', whenDry: DRY }), incident)
        if (now.plan_status === 'C') return { done: true }
        const change = (field: string, value: object) => ({ field: { name: field }, new_value: value })
        const changes = [
          { ...change('plan_status', { text: 'C' }), old_value: { text: 'A' } },
          change('resolution_id', { object: { name: resolution } }),
          change('resolution_summary', { textarea: { format: 'text', content: summary } }),
        ]
        const json = { version: now.vers ?? 0, changes }
        const answer = await http(target, { method: 'PATCH', path, json, effect: 'write', whenDry: { success: true } })
        const { success, message } = readAnswer(answer, patched)
        // A conflict is reported with 200: somebody changed it between our two requests.
        if (!success)
          throw new Failure(
            'QRADAR_SOAR_CONFLICT',
            `the incident was not closed: ${(message ?? 'no reason').slice(0, 200)}`,
            {
              retry: 'backoff',
              remedy: 'It is tried again on its newest version.',
            },
          )
        return { done: true }
      },
    }),
  },
  async probe({ target, settings: { organisation } }, { http }) {
    const answer = await http(target, { method: 'GET', path: '/rest/session', effect: 'read' })
    const { orgs } = readAnswer(
      answer,
      z.looseObject({ orgs: z.array(z.looseObject({ id: z.int(), name: z.string() })) }),
    )
    const ours = orgs.find(({ id: number }) => number === organisation)
    if (ours) return `organisation ${ours.name}`
    throw new Failure('QRADAR_SOAR_ORGANISATION', `the key is not of organisation ${organisation}`, {
      remedy: `It is of ${orgs.map(({ id: number, name }) => `${number} (${name})`).join(', ') || 'none'}.`,
    })
  },
})
