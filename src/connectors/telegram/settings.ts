import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { serverUrl } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  token: secret().describe('Token of the bot.'),
  chat: z.union([z.int(), z.string().regex(/^@\w+$/)]).describe('Number of the chat, or @name of a channel.'),
  url: serverUrl().default('https://api.telegram.org').describe('Address of the bot API.'),
})

export type Settings = z.output<typeof settings>
