/** n8n (docs.n8n.io, webhook node): starts a workflow with a case; what a "Respond to Webhook" node says comes back. */
import { z } from 'zod'
import { action } from '../../kit/action.ts'
import { caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpAnswer, HttpTarget } from '../../kit/http.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { settings } from './settings.ts'

/** The node answers what its workflow makes of it: JSON where it is JSON. */
const said = (answer: HttpAnswer): unknown => {
  try {
    return answer.json()
  } catch {
    return answer.text.slice(0, 1000)
  }
}

export default defineActions({
  id: 'n8n',
  summary: 'Start workflows in n8n.',
  config: settings,
  example: 'n8n: { webhook: https://n8n.example.net/webhook/waf }',
  permissions: ['An active workflow with a webhook node for POST.'],
  connect: ({ webhook, headers, tls }): HttpTarget => ({ base: webhook, headers, ...tlsOf(tls) }),
  actions: {
    start: action({
      summary: 'Start the workflow with a case.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      output: z.strictObject({ answer: z.unknown() }),
      async run({ case: file }, target: HttpTarget, { http, key }) {
        const headers = { 'idempotency-key': key }
        return {
          answer: said(await http(target, { method: 'POST', headers, json: { key, case: file }, effect: 'write' })),
        }
      },
    }),
  },
  async probe(target, { http }) {
    // Nodes answer one method: GET to one for POST is 404, and starts nothing.
    const { status } = await http(target, { method: 'GET', effect: 'read', expect: [404, 405] })
    return `answers (${status} to GET)`
  },
})
