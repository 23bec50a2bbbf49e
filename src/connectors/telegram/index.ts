/** Messages to Telegram (core.telegram.org/bots/api, sendMessage). Plain text: nothing in it is a link or a mark. */
import { z } from 'zod'
import { type ActionCall, action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { caseText, plainText } from '../../kit/case-text.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpTarget } from '../../kit/http.ts'
import { sealed } from '../../kit/secret.ts'
import { type Settings, settings } from './settings.ts'

interface Bot {
  readonly target: HttpTarget
  readonly chat: number | string
}

/** A message holds 4,096 characters. */
const MOST = 4000

const connect = ({ token, chat, url }: Settings): Bot => ({ target: { base: sealed`${url}/bot${token}` }, chat })

/** A name with @ calls somebody: a mark that nobody sees keeps it from being one. */
const quiet = (text: string): string => text.replaceAll('@', '@\u2060').slice(0, MOST)

const sent = z.looseObject({ ok: z.boolean(), result: z.looseObject({ message_id: z.int() }) })

const send = async ({ target, chat }: Bot, text: string, { http }: ActionCall) => {
  const json = { chat_id: chat, text: quiet(text), link_preview_options: { is_disabled: true } }
  const whenDry = { ok: true, result: { message_id: 0 } }
  const answer = await http(target, { method: 'POST', path: '/sendMessage', json, effect: 'write', whenDry })
  return { message: readAnswer(answer, sent).result.message_id }
}

const output = z.strictObject({ message: z.int() })
const shared = { effect: 'write', idempotent: false, maxTlp: 'amber', output } as const

export default defineActions({
  id: 'telegram',
  summary: 'Messages to Telegram.',
  config: settings,
  example: 'telegram: { token: from-a-password-manager, chat: -1001234567890 }',
  permissions: ['A bot that is a member of the chat.'],
  connect,
  actions: {
    post: action({
      ...shared,
      summary: 'Send a line of text.',
      input: z.strictObject({ text: z.string().min(1).describe('The text.') }),
      run: ({ text }, bot: Bot, call) => send(bot, text, call),
    }),
    post_case: action({
      ...shared,
      summary: 'Send a case: who, how severe, what is decided, why.',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      run: ({ case: file }, bot: Bot, call) => send(bot, plainText(caseText(file)), call),
    }),
  },
  async probe({ target }, { http }) {
    const answer = await http(target, { method: 'GET', path: '/getMe', effect: 'read' })
    const { result } = readAnswer(answer, z.looseObject({ result: z.looseObject({ username: z.string() }) }))
    return `signed in as ${result.username}`
  },
})
