/**
 * What playbooks do here, not outside: decisions, incidents. They come in by the front door, the inbox, like a person's
 * command: every guard looks at them, and the audit trail names the playbook.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Command } from '../core/act.ts'
import { Failure } from '../core/failure.ts'
import { parseCidr } from '../core/ip.ts'
import { type ActionCall, action } from '../kit/action.ts'
import { defineActions } from '../kit/connector.ts'
import { duration } from '../kit/scalars.ts'
import type { Inbox } from '../kit/store.ts'

/** What these actions reach: the inbox, and the report of an incident. */
export interface OwnDoor extends Pick<Inbox, 'ask' | 'answer'> {
  /** Where the report was written, if anywhere, and its text. Throws NOT_FOUND. */
  report(incident: string): Promise<{ readonly markdown: string; readonly file?: string }>
}

/** How often the answer is looked for, ms: the daemon looks into its inbox five times a second. */
const LOOK = 50

const address = () =>
  z
    .string()
    .refine((text) => parseCidr(text) !== undefined, { error: 'an address or a network' })
    .describe('Address or network.')

const reason = () => z.string().min(1).max(500).describe('Why, one line, for people.')

/** `done` is false where a guard, or the state of things, said no; `text` says so. */
const output = z.strictObject({ done: z.boolean(), text: z.string() })

const ask = async (door: OwnDoor, command: Command, { by, clock, signal }: ActionCall) => {
  const number = await door.ask(command, by, clock())
  for (;;) {
    const answer = await door.answer(number)
    if (answer) return { done: answer.ok, text: answer.text }
    if (signal.aborted)
      throw new Failure('INBOX_BUSY', 'the daemon has not carried it out in time', {
        retry: 'backoff',
        remedy: 'See riposte status.',
      })
    await sleep(LOOK)
  }
}

const own = { effect: 'write', idempotent: true, maxTlp: 'red', output } as const

const adding = (type: 'watch' | 'throttle' | 'captcha' | 'ban', summary: string, lasting: string) =>
  action({
    ...own,
    summary,
    input: z.strictObject({
      value: address(),
      duration: duration().prefault(lasting).describe('How long.'),
      reason: reason(),
    }),
    run: (input, door: OwnDoor, call) => ask(door, { kind: 'decision.add', type, ...input }, call),
    async undo({ input: { value }, output: { done } }, door, call) {
      if (done) await ask(door, { kind: 'decision.remove', value, reason: 'undone' }, call)
    },
  })

const closed = () => Promise.reject(new Error('nobody is behind this door'))
/** For those who only look at what the actions are. */
export const CLOSED_DOOR: OwnDoor = { ask: closed, answer: closed, report: closed }

export const OWN_ACTIONS = defineActions({
  id: 'riposte',
  summary: 'Decisions and incidents of this Riposte.',
  config: z.strictObject({}),
  example: 'riposte: {}',
  permissions: ['None.'],
  connect: () => CLOSED_DOOR,
  actions: {
    ban: adding('ban', 'Ban an address or network; an active ban is extended, never shortened.', '4h'),
    throttle: adding('throttle', 'Slow an address or network down.', '1h'),
    captcha: adding('captcha', 'Have an address or network prove that it is a person.', '1h'),
    watch: adding('watch', 'Watch an address or network.', '24h'),
    unban: action({
      ...own,
      summary: 'Lift what is in force on an address or network.',
      input: z.strictObject({ value: address(), reason: reason() }),
      run: (input, session: OwnDoor, call) => ask(session, { kind: 'decision.remove', ...input }, call),
    }),
    close_incident: action({
      ...own,
      summary: 'Close an incident.',
      input: z.strictObject({ id: z.string().min(1).describe('Its id.'), reason: reason() }),
      run: (input, session: OwnDoor, call) => ask(session, { kind: 'incident.close', ...input }, call),
    }),
    report: action({
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      summary: 'Write the report of an incident; its file, if there is a folder for it, is replaced by the newest.',
      input: z.strictObject({ incident: z.string().min(1).describe('Its id.') }),
      output: z.strictObject({ markdown: z.string(), file: z.string().optional() }),
      run: ({ incident }, session: OwnDoor, { dry }) =>
        dry ? dry({ to: 'riposte', text: `the report of ${incident}` }) : session.report(incident),
    }),
    note: action({
      ...own,
      summary: 'Note something on an incident, for those who work it.',
      input: z.strictObject({
        id: z.string().min(1).describe('Its id.'),
        text: z.string().min(1).max(2000).describe('What is noted.'),
      }),
      run: (input, session: OwnDoor, call) => ask(session, { kind: 'incident.note', ...input }, call),
    }),
  },
  probe: async () => 'here',
})
