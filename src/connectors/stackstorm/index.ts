/** StackStorm (docs.stackstorm.com/webhooks.html): hands a case to the rules that listen to a webhook. */
import { z } from 'zod'
import { action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import { at, type HttpTarget } from '../../kit/http.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { type Settings, settings } from './settings.ts'

interface Server {
  readonly target: HttpTarget
  readonly hook: string
}

const connect = ({ url, key, hook, tls }: Settings): Server => ({
  target: { base: url, headers: { 'st2-api-key': key }, ...tlsOf(tls) },
  hook,
})

/** A hook's name may have slashes; each part is one segment. */
const pathOf = (hook: string): string =>
  `/api/v1/webhooks${hook
    .split('/')
    .map((part) => at`/${part}`)
    .join('')}`

export default defineActions({
  id: 'stackstorm',
  summary: 'Trigger rules in StackStorm.',
  config: settings,
  example: 'stackstorm: { url: https://st2.example.net, key: from-a-password-manager, hook: riposte }',
  permissions: ['webhook_send on that hook; webhook_list for the probe.'],
  connect,
  actions: {
    send: action({
      summary: 'Hand a case to the rules of the webhook.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      output: z.strictObject({ accepted: z.boolean() }),
      async run({ case: file }, { target, hook }: Server, { http, key }) {
        const headers = { 'st2-trace-tag': key }
        await http(target, { method: 'POST', path: pathOf(hook), headers, json: { case: file }, effect: 'write' })
        return { accepted: true }
      },
    }),
  },
  async probe({ target, hook }, { http }) {
    const answer = await http(target, { method: 'GET', path: '/api/v1/webhooks', effect: 'read' })
    const hooks = readAnswer(
      answer,
      z.array(z.looseObject({ parameters: z.looseObject({ url: z.string() }).optional() })),
    )
    const isThere = hooks.some(({ parameters }) => parameters?.url.replace(/^\/+|\/+$/g, '') === hook)
    return isThere ? `a rule listens to ${hook}` : `answers, but no rule listens to ${hook}`
  },
})
