/** Messages to Slack: by an incoming webhook, or by a bot that may post into several channels. */
import { z } from 'zod'
import { Failure } from '../../core/failure.ts'
import { type ActionCall, action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpTarget } from '../../kit/http.ts'
import type { Secret } from '../../kit/secret.ts'
import { sealed } from '../../kit/secret.ts'
import { caseBlocks, escaped } from './blocks.ts'
import { type Settings, settings } from './settings.ts'

interface Workspace {
  readonly target: HttpTarget
  /** The bot's default channel; undefined for a webhook, which has its own. */
  readonly bot: { readonly channel: string | undefined } | undefined
}

const connect = ({ webhook, token, channel, url }: Settings): Workspace =>
  webhook === undefined
    ? { target: { base: url, headers: { authorization: sealed`Bearer ${token as Secret}` } }, bot: { channel } }
    : { target: { base: webhook }, bot: undefined }

const posted = z.looseObject({
  ok: z.boolean(),
  error: z.string().optional(),
  ts: z.string().optional(),
  channel: z.string().optional(),
})

/** Slack answers 200 with `ok: false`; of its errors these pass by themselves (api.slack.com/methods/chat.postMessage). */
const PASSING = [
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]

const post = async (
  { target, bot }: Workspace,
  message: { readonly text: string; readonly blocks?: readonly object[] },
  channel: string | undefined,
  { http }: ActionCall,
) => {
  if (!bot) {
    await http(target, { method: 'POST', json: message, effect: 'write' })
    return {}
  }
  const where = channel ?? bot.channel
  if (where === undefined)
    throw new Failure('SLACK_CHANNEL', 'no channel is named', {
      remedy: 'Give channel: in the configuration or in the playbook.',
    })
  const answer = await http(target, {
    method: 'POST',
    path: '/api/chat.postMessage',
    json: { channel: where, ...message, unfurl_links: false, unfurl_media: false },
    effect: 'write',
    whenDry: { ok: true },
  })
  const { ok, error = 'no reason', ts, channel: id } = readAnswer(answer, posted)
  if (ok) return { ...(ts === undefined ? {} : { ts }), ...(id === undefined ? {} : { channel: id }) }
  throw new Failure('SLACK_REFUSED', `Slack refused the message: ${error.slice(0, 100)}`, {
    retry: PASSING.includes(error) ? 'backoff' : 'never',
    remedy: 'See api.slack.com/methods/chat.postMessage for what this error means.',
  })
}

const output = z.strictObject({ ts: z.string().optional(), channel: z.string().optional() })
const shared = { effect: 'write', idempotent: false, maxTlp: 'red', output } as const
const channel = () => z.string().min(1).optional().describe('Another channel than the configured one; only for bots.')

export default defineActions({
  id: 'slack',
  summary: 'Messages to Slack.',
  config: settings,
  example: `
slack:
  webhook: https://hooks.slack.com/services/T000/B000/from-a-password-manager
`,
  permissions: ['chat:write, and to be a member of the channels it posts to.'],
  connect,
  actions: {
    post: action({
      ...shared,
      summary: 'Post a line of text.',
      input: z.strictObject({
        text: z.string().min(1).describe('The text; marks and mentions in it are shown, not obeyed.'),
        channel: channel(),
      }),
      run: ({ text, channel }, workspace: Workspace, call) =>
        post(workspace, { text: escaped(text.slice(0, 3000)) }, channel, call),
    }),
    post_case: action({
      ...shared,
      summary: 'Post a case: who, how severe, what is decided, why.',
      input: z.strictObject({
        case: caseFile.describe('The case.'),
        note: z.string().optional().describe('A line before it.'),
        channel: channel(),
      }),
      run: ({ case: file, note, channel }, workspace: Workspace, call) => {
        const before =
          note === undefined ? [] : [{ type: 'section', text: { type: 'plain_text', text: note.slice(0, 3000) } }]
        return post(workspace, { text: escaped(file.title), blocks: [...before, ...caseBlocks(file)] }, channel, call)
      },
    }),
  },
  async probe({ target, bot }, { http }) {
    if (!bot) {
      // An empty message is refused without being posted (api.slack.com/messaging/webhooks, "no_text").
      await http(target, { method: 'POST', json: {}, effect: 'read', expect: [400] })
      return 'the webhook answers'
    }
    const answer = await http(target, { method: 'POST', path: '/api/auth.test', json: {}, effect: 'read' })
    const { ok, error, team, user } = readAnswer(
      answer,
      z.looseObject({
        ok: z.boolean(),
        error: z.string().optional(),
        team: z.string().optional(),
        user: z.string().optional(),
      }),
    )
    if (ok) return `signed in as ${user ?? '?'} of ${team ?? '?'}`
    throw new Failure('HTTP_AUTH', `Slack refused the token: ${(error ?? '').slice(0, 100)}`, {
      remedy: 'Check token: of this connector.',
    })
  },
})
