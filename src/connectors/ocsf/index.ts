/**
 * Any receiver of OCSF: a security lake, or the pipeline before it (Vector, Fluent Bit, Tenzir, Cribl and others have an
 * HTTP source). `metadata.uid` is the same in every attempt, so a receiver can tell a repeat.
 */
import { z } from 'zod'
import { type ActionCall, action } from '../../kit/action.ts'
import { caseEvent, caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpTarget } from '../../kit/http.ts'
import { sealed } from '../../kit/secret.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { ocsfCase, ocsfEvent } from './ocsf.ts'
import { type Settings, settings } from './settings.ts'

interface Receiver {
  readonly target: HttpTarget
  readonly body: Settings['body']
}

const send = async ({ target, body }: Receiver, records: readonly object[], { http, key }: ActionCall) => {
  const text =
    body === 'array'
      ? { type: 'application/json', body: JSON.stringify(records) }
      : { type: 'application/x-ndjson', body: records.map((record) => `${JSON.stringify(record)}\n`).join('') }
  const { status } = await http(target, { method: 'POST', headers: { 'idempotency-key': key }, text, effect: 'write' })
  return { status }
}

const shared = {
  effect: 'write',
  idempotent: false,
  maxTlp: 'red',
  output: z.strictObject({ status: z.int() }),
} as const

export default defineActions({
  id: 'ocsf',
  summary: 'Events and incidents as OCSF, by HTTP.',
  config: settings,
  example: `
ocsf:
  url: https://pipeline.example.net/ocsf
  token: from-a-password-manager
`,
  permissions: ['None beyond posting to its address.'],
  connect: ({ url, token, headers, body, tls }): Receiver => ({
    target: {
      base: url,
      headers: { ...(token ? { authorization: sealed`Bearer ${token}` } : {}), ...headers },
      ...tlsOf(tls),
    },
    body,
  }),
  actions: {
    send_events: action({
      ...shared,
      summary: 'Send events, each as an HTTP Activity.',
      input: z.strictObject({ events: z.array(caseEvent).min(1).max(500).describe('The events.') }),
      run: ({ events }, receiver: Receiver, call) => send(receiver, events.map(ocsfEvent), call),
    }),
    send_case: action({
      ...shared,
      summary: 'Send a case as a Detection Finding.',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      run: ({ case: file }, receiver: Receiver, call) => send(receiver, [ocsfCase(file)], call),
    }),
  },
  /** A receiver of posts need not answer anything else: that it answers at all is what can be asked without an effect. */
  async probe({ target }, { http }) {
    const { status } = await http(target, { method: 'GET', effect: 'read', expect: [400, 404, 405, 415, 422] })
    return `answers (${status} to GET)`
  },
})
