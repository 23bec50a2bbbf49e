/** Messages to Mattermost (developers.mattermost.com, incoming webhooks), in its Markdown. */
import { z } from 'zod'
import { type ActionCall, action } from '../../kit/action.ts'
import { caseFile } from '../../kit/case-file.ts'
import { caseMarkdown, escapedMarkdown } from '../../kit/case-markdown.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpTarget } from '../../kit/http.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { settings } from './settings.ts'

interface Hook {
  readonly target: HttpTarget
  readonly channel: string | undefined
}

/** Posts are cut there at 16,383 characters. */
const MOST = 16_000

const post = async ({ target, channel }: Hook, text: string, { http }: ActionCall) => {
  const json = { text: text.slice(0, MOST), username: 'Riposte', ...(channel === undefined ? {} : { channel }) }
  await http(target, { method: 'POST', json, effect: 'write' })
  return { done: true }
}

const output = z.strictObject({ done: z.boolean() })
const shared = { effect: 'write', idempotent: false, maxTlp: 'red', output } as const

export default defineActions({
  id: 'mattermost',
  summary: 'Messages to Mattermost.',
  config: settings,
  example: 'mattermost: { webhook: https://chat.example.net/hooks/from-a-password-manager }',
  permissions: ['An incoming webhook of the channel.'],
  connect: ({ webhook, channel, tls }): Hook => ({ target: { base: webhook, ...tlsOf(tls) }, channel }),
  actions: {
    post: action({
      ...shared,
      summary: 'Post a line of text.',
      input: z.strictObject({
        text: z.string().min(1).describe('The text; marks and mentions in it are shown, not obeyed.'),
      }),
      run: ({ text }, hook: Hook, call) => post(hook, escapedMarkdown(text), call),
    }),
    post_case: action({
      ...shared,
      summary: 'Post a case: who, how severe, what is decided, why.',
      input: z.strictObject({
        case: caseFile.describe('The case.'),
        note: z.string().optional().describe('A line before it.'),
      }),
      run: ({ case: file, note }, hook: Hook, call) => {
        const head = note === undefined ? '' : `${escapedMarkdown(note)}\n\n`
        return post(hook, `${head}#### ${escapedMarkdown(file.title)}\n\n${caseMarkdown(file)}`, call)
      },
    }),
  },
  async probe({ target }, { http }) {
    // A message without a text is refused.
    const answer = await http(target, { method: 'POST', json: {}, effect: 'read', expect: [400] })
    return `answers (${answer.status} to an empty message)`
  },
})
