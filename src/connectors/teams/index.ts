/** Messages to Microsoft Teams through a workflow (learn.microsoft.com, "Create incoming webhooks with Workflows"). */
import { z } from 'zod'
import { type ActionCall, action } from '../../kit/action.ts'
import { caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpTarget } from '../../kit/http.ts'
import { caseCard, textCard } from './card.ts'
import { settings } from './settings.ts'

const post = async (target: HttpTarget, json: object, { http }: ActionCall) => {
  await http(target, { method: 'POST', json, effect: 'write' })
  return { done: true }
}

const output = z.strictObject({ done: z.boolean() })
const shared = { effect: 'write', idempotent: false, maxTlp: 'red', output } as const

export default defineActions({
  id: 'teams',
  summary: 'Messages to Microsoft Teams.',
  config: settings,
  example: 'teams: { webhook: https://prod.example.net/workflows/from-a-password-manager }',
  permissions: ['A workflow that posts cards into the channel.'],
  connect: ({ webhook }): HttpTarget => ({ base: webhook }),
  actions: {
    post: action({
      ...shared,
      summary: 'Post a line of text.',
      input: z.strictObject({ text: z.string().min(1).describe('The text.') }),
      run: ({ text }, target: HttpTarget, call) => post(target, textCard(text), call),
    }),
    post_case: action({
      ...shared,
      summary: 'Post a case as a card.',
      input: z.strictObject({
        case: caseFile.describe('The case.'),
        note: z.string().optional().describe('A line before it.'),
      }),
      run: ({ case: file, note }, target: HttpTarget, call) => post(target, caseCard(file, note), call),
    }),
  },
  async probe(target, { http }) {
    // Workflows answer posts only; anything else is refused without an effect.
    const { status } = await http(target, { method: 'GET', effect: 'read', expect: [400, 404, 405] })
    return `answers (${status} to GET)`
  },
})
