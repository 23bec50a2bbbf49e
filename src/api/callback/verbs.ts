/** What a callback may say: one verb, one body. Shapes only; whether it is done is the daemon's to say. */
import { z } from 'zod'
import type { Command } from '../../core/act.ts'
import { parseCidr } from '../../core/ip.ts'
import { duration } from '../../kit/scalars.ts'

const address = () =>
  z.string().refine((text) => parseCidr(text) !== undefined, { error: 'an address or a network is needed' })
const reason = () => z.string().min(1).max(500)

/** One line per problem. */
export const problemsOf = ({ issues }: z.ZodError): readonly string[] =>
  issues.map(({ path, message }) => `${path.length === 0 ? 'body' : path.join('.')}: ${message}`)

const verb = <Schema extends z.ZodType>(body: Schema, command: (body: z.output<Schema>) => Command) => ({
  read(given: unknown): Command | readonly string[] {
    const read = body.safeParse(given)
    return read.success ? command(read.data) : problemsOf(read.error)
  },
})

/** Those that become commands, which go through the same door and guards as a person's. */
export const COMMANDS = {
  ban: verb(
    z.strictObject({
      value: address(),
      type: z.enum(['watch', 'throttle', 'captcha', 'ban']).default('ban'),
      duration: duration().prefault('4h'),
      reason: reason(),
    }),
    (body) => ({ kind: 'decision.add', ...body }),
  ),
  unban: verb(z.strictObject({ value: address(), reason: reason() }), (body) => ({ kind: 'decision.remove', ...body })),
  annotate: verb(
    z.strictObject({ incident: z.string().min(1).max(100), text: z.string().min(1).max(2000) }),
    ({ incident, text }) => ({ kind: 'incident.note', id: incident, text }),
  ),
  close: verb(
    z.strictObject({ incident: z.string().min(1).max(100), reason: reason() }),
    ({ incident, reason: why }) => ({ kind: 'incident.close', id: incident, reason: why }),
  ),
} as const

export const START = z.strictObject({
  playbook: z.string().min(1).max(40),
  about: z.string().min(1).max(100).optional(),
  vars: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/), z.unknown()).default({}),
})
export type Start = z.output<typeof START>

export const ANSWER = z.strictObject({ question: z.string().min(1).max(100) })

export const SCOPES = ['ban', 'unban', 'approve', 'annotate', 'close', 'run'] as const
export type CallbackScope = (typeof SCOPES)[number]
