/** Tines (tines.com/docs/actions/types/webhook): starts a story with a case. */
import { z } from 'zod'
import { action } from '../../kit/action.ts'
import { caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpTarget } from '../../kit/http.ts'
import { sealed } from '../../kit/secret.ts'
import { settings } from './settings.ts'

export default defineActions({
  id: 'tines',
  summary: 'Start stories in Tines.',
  config: settings,
  example: 'tines: { webhook: https://shop.tines.com/webhook/waf/from-a-password-manager }',
  permissions: ['The address of a webhook action.'],
  connect: ({ webhook, key }): HttpTarget => ({
    base: webhook,
    ...(key ? { headers: { authorization: sealed`Bearer ${key}` } } : {}),
  }),
  actions: {
    start: action({
      summary: 'Start the story with a case.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      output: z.strictObject({ status: z.int() }),
      async run({ case: file }, target: HttpTarget, { http, key }) {
        const { status } = await http(target, { method: 'POST', json: { key, case: file }, effect: 'write' })
        return { status }
      },
    }),
  },
  async probe(target, { http }) {
    const { status } = await http(target, { method: 'GET', effect: 'read', expect: [400, 404, 405] })
    return `answers (${status} to GET)`
  },
})
