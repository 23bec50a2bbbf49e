/** Opsgenie (docs.opsgenie.com, Alert API). Our id is the `alias`: one alert, however often it is told. */
import { z } from 'zod'
import { type ActionCall, action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { caseText, plainText } from '../../kit/case-text.ts'
import { defineActions } from '../../kit/connector.ts'
import { at, type HttpRequest, type HttpTarget } from '../../kit/http.ts'
import { sealed } from '../../kit/secret.ts'
import { type Settings, settings } from './settings.ts'

interface Service {
  readonly target: HttpTarget
  readonly team: string | undefined
}

const connect = ({ key, url, team }: Settings): Service => ({
  target: { base: url, headers: { authorization: sealed`GenieKey ${key}` } },
  team,
})

const PRIORITY = { info: 'P5', low: 'P4', medium: 'P3', high: 'P2', critical: 'P1' } as const
const accepted = z.looseObject({ requestId: z.string() })

const send = async ({ target }: Service, request: HttpRequest, { http }: ActionCall) => ({
  request: readAnswer(await http(target, { ...request, whenDry: { requestId: '0' } }), accepted).requestId,
})

const output = z.strictObject({ request: z.string() })
const shared = { effect: 'write', idempotent: true, maxTlp: 'amber', output } as const

export default defineActions({
  id: 'opsgenie',
  summary: 'Wake people through Opsgenie.',
  config: settings,
  example: 'opsgenie: { key: from-a-password-manager, team: soc }',
  permissions: ['An API integration that may create and update alerts.'],
  connect,
  actions: {
    create_alert: action({
      ...shared,
      summary: 'Create the alert of a case, or count it up.',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      run: ({ case: file }, service: Service, call) => {
        const json = {
          message: file.title.slice(0, 130),
          alias: file.id,
          description: plainText(caseText(file)).slice(0, 15_000),
          priority: PRIORITY[file.severity],
          tags: ['modsecurity', ...file.attackClasses],
          source: 'riposte',
          ...(service.team === undefined ? {} : { responders: [{ type: 'team', name: service.team }] }),
        }
        return send(service, { method: 'POST', path: '/v2/alerts', json, effect: 'write' }, call)
      },
    }),
    close_alert: action({
      ...shared,
      summary: 'Close it.',
      input: z.strictObject({
        key: z.string().min(1).describe('Id of the case.'),
        note: z.string().default('').describe('A word on it.'),
      }),
      run: ({ key, note }, service: Service, call) => {
        const path = at`/v2/alerts/${key}/close`
        const request = {
          method: 'POST',
          path,
          query: { identifierType: 'alias' },
          json: { note, source: 'riposte' },
          effect: 'write',
        } as const
        return send(service, request, call)
      },
    }),
  },
  async probe({ target }, { http }) {
    const answer = await http(target, { method: 'GET', path: '/v2/alerts/count', effect: 'read' })
    const { data } = readAnswer(answer, z.looseObject({ data: z.looseObject({ count: z.int() }) }))
    return `${data.count} alerts there`
  },
})
