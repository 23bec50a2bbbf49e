import { z } from 'zod'
import { secret } from '../../kit/scalars.ts'
import { secretUrl, serverUrl } from '../../kit/target-settings.ts'

export const settings = z
  .strictObject({
    webhook: secretUrl()
      .optional()
      .describe('Address of an incoming webhook; it posts into the channel it was made for.'),
    token: secret().optional().describe('Bot token (`xoxb-…`), for more than one channel.'),
    channel: z
      .string()
      .min(1)
      .optional()
      .describe('Where the bot posts unless the playbook says otherwise: an id or #name.'),
    url: serverUrl().default('https://slack.com').describe('Address of Slack, for GovSlack or a proxy.'),
  })
  .refine(({ webhook, token }) => (webhook === undefined) !== (token === undefined), {
    error: 'give either webhook or token',
  })

export type Settings = z.output<typeof settings>
