/** PagerDuty (developer.pagerduty.com, Events API v2). Our id is the `dedup_key`: one incident, however often it is told. */
import { z } from 'zod'
import { type ActionCall, action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { caseText } from '../../kit/case-text.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpTarget } from '../../kit/http.ts'
import type { Secret } from '../../kit/secret.ts'
import { settings } from './settings.ts'

interface Service {
  readonly target: HttpTarget
  readonly key: Secret
}

const SEVERITY = { info: 'info', low: 'info', medium: 'warning', high: 'error', critical: 'critical' } as const
const accepted = z.looseObject({ status: z.string(), dedup_key: z.string() })

const send = async ({ target, key }: Service, event: object, dedup: string, { http }: ActionCall) => {
  const json = { routing_key: key, dedup_key: dedup, ...event }
  const whenDry = { status: 'success', dedup_key: dedup }
  const answer = await http(target, { method: 'POST', path: '/v2/enqueue', json, effect: 'write', whenDry })
  return { key: readAnswer(answer, accepted).dedup_key }
}

const output = z.strictObject({ key: z.string() })
const shared = { effect: 'write', idempotent: true, maxTlp: 'amber', output } as const

export default defineActions({
  id: 'pagerduty',
  summary: 'Wake people through PagerDuty.',
  config: settings,
  example: 'pagerduty: { key: from-a-password-manager }',
  permissions: ['An integration of the kind Events API v2 on a service.'],
  connect: ({ key, url }): Service => ({ target: { base: url }, key }),
  actions: {
    trigger: action({
      ...shared,
      summary: 'Trigger the incident of a case, or add to it.',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      run: ({ case: file }, service: Service, call) => {
        const { facts, reasons } = caseText(file)
        const payload = {
          summary: file.title.slice(0, 1024),
          source: file.sensors.join(', ') || 'riposte',
          severity: SEVERITY[file.severity],
          timestamp: file.lastAt,
          class: file.attackClasses.join(', '),
          custom_details: { ...Object.fromEntries(facts), Why: reasons.join('; ') },
        }
        const links = file.link === undefined ? {} : { links: [{ href: file.link, text: 'Open in Riposte' }] }
        return send(service, { event_action: 'trigger', client: 'Riposte', payload, ...links }, file.id, call)
      },
      undo: async ({ output: { key } }, service, call) =>
        void (await send(service, { event_action: 'resolve' }, key, call)),
    }),
    resolve: action({
      ...shared,
      summary: 'Resolve it.',
      input: z.strictObject({ key: z.string().min(1).describe('Id of the case.') }),
      run: ({ key }, service: Service, call) => send(service, { event_action: 'resolve' }, key, call),
    }),
  },
  async probe({ target }, { http }) {
    // Without a key it refuses with 400: what can be asked without waking somebody.
    const answer = await http(target, { method: 'POST', path: '/v2/enqueue', json: {}, effect: 'read', expect: [400] })
    return `answers (${answer.status} to an empty event); whether the key is good shows with the first event`
  },
})
