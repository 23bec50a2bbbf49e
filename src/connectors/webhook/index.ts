/**
 * Any receiver of JSON: article 1's SOAR webhook, a script, a platform without a connector of its own. In: an event, or
 * any JSON that a playbook made. Out: the receiver's status. Each message bears the step's key, the same in every
 * attempt, as `Idempotency-Key` and, when signed, as `webhook-id`.
 */
import { z } from 'zod'
import { soarPayload } from '../../core/soar-payload.ts'
import { iso } from '../../core/time.ts'
import { type ActionCall, action } from '../../kit/action.ts'
import { caseEvent } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpTarget } from '../../kit/http.ts'
import { sealed } from '../../kit/secret.ts'
import { signatureHeaders, signingKey } from '../../kit/standard-webhooks.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { type Settings, settings } from './settings.ts'

interface Receiver {
  readonly target: HttpTarget
  readonly key: Buffer | undefined
}

const connect = ({ url, token, signing, headers, tls }: Settings): Receiver => ({
  target: {
    base: url,
    headers: { ...(token ? { authorization: sealed`Bearer ${token}` } : {}), ...headers },
    ...tlsOf(tls),
  },
  key: signing && signingKey(signing),
})

const output = z.strictObject({ status: z.int() })

const post = async ({ target, key }: Receiver, json: unknown, { http, ...call }: ActionCall) => {
  // The signature is over these very bytes.
  const body = JSON.stringify(json)
  const signature = key === undefined ? {} : signatureHeaders(key, call.key, call.clock(), body)
  const { status } = await http(target, {
    method: 'POST',
    headers: { 'idempotency-key': call.key, ...signature },
    text: { type: 'application/json', body },
    effect: 'write',
  })
  return { status }
}

const shared = { effect: 'write', idempotent: true, maxTlp: 'amber', output } as const

export default defineActions({
  id: 'webhook',
  summary: 'Post JSON to any receiver, signed when wanted.',
  config: settings,
  example: `
webhook:
  url: https://soar.example.net/api/webhook/modsecurity
  token: from-a-password-manager
`,
  permissions: ['None beyond posting to its address.'],
  connect,
  actions: {
    send_event: action({
      ...shared,
      summary: 'Send one event in the form of a SOAR webhook: alert_type, indicators, details.',
      input: z.strictObject({
        event: caseEvent.describe('The event.'),
        alert_type: z
          .enum(['modsecurity_waf', 'modsecurity_high_severity'])
          .default('modsecurity_waf')
          .describe('What the receiver is to take it for.'),
      }),
      run: ({ event, alert_type }, receiver: Receiver, call) => post(receiver, soarPayload(event, alert_type), call),
    }),
    send: action({
      ...shared,
      summary: 'Send a typed message: type, timestamp and data, as Standard Webhooks has it.',
      input: z.strictObject({
        type: z
          .string()
          .regex(
            /^[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*$/,
            'words of letters, digits and underscores, with dots between them',
          )
          .describe('What happened, e.g. `incident.opened`.'),
        data: z.unknown().describe('Any JSON.'),
      }),
      run: ({ type, data }, receiver: Receiver, call) =>
        post(receiver, { type, timestamp: iso(call.clock()), data: data ?? null }, call),
    }),
    post: action({
      ...shared,
      summary: 'Post JSON of any shape.',
      input: z.strictObject({ json: z.unknown().describe('The whole body.') }),
      run: ({ json }, receiver: Receiver, call) => post(receiver, json ?? null, call),
    }),
  },
  /** A receiver of posts need not answer anything else: that it answers at all is what can be asked without an effect. */
  async probe({ target }, { http }) {
    const { status } = await http(target, { method: 'GET', effect: 'read', expect: [400, 404, 405, 422] })
    return `answers (${status} to GET)`
  },
})
