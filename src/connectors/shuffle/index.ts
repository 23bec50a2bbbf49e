/** Shuffle (shuffler.io, webhook trigger): starts a workflow with a case. */
import { z } from 'zod'
import { Failure } from '../../core/failure.ts'
import { action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpTarget } from '../../kit/http.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { settings } from './settings.ts'

const started = z.looseObject({
  success: z.boolean(),
  execution_id: z.string().optional(),
  reason: z.string().optional(),
})

export default defineActions({
  id: 'shuffle',
  summary: 'Start workflows in Shuffle.',
  config: settings,
  example:
    'shuffle: { webhook: https://shuffle.example.net/api/v1/hooks/webhook_00000000-0000-0000-0000-000000000000 }',
  permissions: ['A running webhook trigger of the workflow.'],
  connect: ({ webhook, headers, tls }): HttpTarget => ({ base: webhook, headers, ...tlsOf(tls) }),
  actions: {
    start: action({
      summary: 'Start the workflow with a case.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      output: z.strictObject({ execution: z.string().optional() }),
      async run({ case: file }, target: HttpTarget, { http, key }) {
        const json = { key, case: file }
        const answer = await http(target, { method: 'POST', json, effect: 'write', whenDry: { success: true } })
        const { success, execution_id: execution, reason } = readAnswer(answer, started)
        if (success) return execution === undefined ? {} : { execution }
        throw new Failure('SHUFFLE_REFUSED', `Shuffle did not start it: ${(reason ?? 'no reason').slice(0, 200)}`, {
          remedy: 'Check that the trigger is started and the workflow is saved.',
        })
      },
    }),
  },
  async probe(target, { http }) {
    const { status } = await http(target, { method: 'GET', effect: 'read', expect: [400, 404, 405] })
    return `answers (${status} to GET)`
  },
})
