/** How a playbook is written. Shapes only; what its expressions and names mean is checked in `playbook.ts`. */
import { z } from 'zod'
import { REMEDIATIONS } from '../core/decision.ts'
import { DAY } from '../core/time.ts'
import { SEVERITIES } from '../kit/case-file.ts'
import { duration } from '../kit/scalars.ts'
import { isCron } from './schedule.ts'

const id = () =>
  z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'write lower case letters, digits and underscores, a letter first')

const expression = () => z.string().min(1).meta({ kind: 'CEL expression' })

/** Any JSON; texts may hold `${{ expression }}`. */
const template = () => z.unknown().meta({ kind: 'template' })

export const TRIGGERS = {
  alert: ['raised'],
  incident: ['opened', 'updated', 'escalated', 'closed'],
  decision: ['added', 'withdrawn', 'expired'],
} as const

const list = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.union([z.enum(words), z.array(z.enum(words)).min(1)]).transform((value) => (Array.isArray(value) ? value : [value]))

const trigger = z
  .strictObject({
    alert: list(TRIGGERS.alert).optional().describe('When an alert is raised.'),
    incident: list(TRIGGERS.incident).optional().describe('When an incident is opened, updated, escalated or closed.'),
    decision: list(TRIGGERS.decision)
      .optional()
      .describe('When a decision is added or strengthened, withdrawn before its time, or over.'),
    schedule: z
      .string()
      .refine(isCron, { error: 'a cron expression of five fields, such as 0 6 * * *' })
      .optional()
      .describe('A cron expression of five fields, UTC: `0 6 * * *`.'),
    severity: z.enum(SEVERITIES).optional().describe('Only from this severity on.'),
    types: z.array(z.enum(REMEDIATIONS)).min(1).optional().describe('Only decisions of these types.'),
    if: expression().optional().describe('Only when this is true.'),
  })
  .refine((value) => [value.alert, value.incident, value.decision, value.schedule].filter(Boolean).length === 1, {
    error: 'name exactly one of alert, incident, decision, schedule',
  })

export type TriggerText = z.output<typeof trigger>

const shared = {
  id: id().optional().describe('By which later steps call its output: `steps.<id>.output`.'),
  if: expression().optional().describe('The step is skipped when this is false.'),
}

export interface StepText {
  readonly [key: string]: unknown
}

/** Recursive, so each kind names its inner steps as plain objects; `playbook.ts` reads those by this schema again. */
const inner = () => z.array(z.record(z.string(), z.unknown())).min(1).max(100).meta({ kind: 'steps' })

const action = z.strictObject({
  ...shared,
  action: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*\.[a-z][a-z0-9_]*$/, 'write connector.action, such as slack.post')
    .describe('Connector and action: `slack.post`.'),
  with: z.record(z.string(), template()).default({}).describe('Its input.'),
  timeout: duration().optional().describe('Of one attempt; default: that of the connector.'),
  retries: z.int().min(0).max(1000).optional().describe('Attempts after the first; default 12, over about an hour.'),
  onError: z
    .enum(['stop', 'continue', 'undo'])
    .default('stop')
    .describe('What happens when it fails for good: the run fails, goes on, or is undone.'),
})

const parallel = z.strictObject({
  ...shared,
  parallel: z.array(inner()).min(2).max(20).describe('Lists of steps that run side by side.'),
})

const foreach = z.strictObject({
  ...shared,
  foreach: expression().describe('A list.'),
  as: id().default('item').describe('Name of the item in the inner steps.'),
  most: z.int().min(1).max(200).default(50).describe('No more than so many; the rest is left out, and said.'),
  steps: inner().describe('What is done for each.'),
})

const choice = z.strictObject({
  id: shared.id,
  when: expression().describe('What is to be true.'),
  do: inner().describe('Steps if so.'),
  else: inner().optional().describe('Steps if not.'),
})

const wait = z.strictObject({ ...shared, wait: duration().describe('How long.') })

const approval = z.strictObject({
  ...shared,
  approval: z.strictObject({
    ask: z.string().min(1).describe('The question, a template.'),
    quorum: z.int().min(1).max(10).default(1).describe('So many different people must approve.'),
    expires: duration().prefault('24h').describe('When nobody has answered by then, `default` counts.'),
    default: z.enum(['approve', 'reject']).default('reject').describe('What silence means.'),
    onReject: z.enum(['stop', 'continue']).default('stop').describe('What a rejection does to the run.'),
    people: z
      .array(id())
      .max(20)
      .default([])
      .describe('Who gets a link, and so a voice, of their own: `question.links.<name>`.'),
    tell: inner()
      .optional()
      .describe('Steps that tell people of the question; they see `question`: `id`, `ask`, `until`, `link`, `links`.'),
  }),
})

const call = z.strictObject({
  ...shared,
  call: id().describe('Another playbook; its steps run as a part of this run.'),
  with: z.record(z.string(), template()).default({}).describe('Variables for it.'),
})

const set = z.strictObject({ ...shared, set: z.record(id(), template()).describe('Variables, for later steps.') })

const stop = z.strictObject({
  ...shared,
  stop: z.string().min(1).describe('Why, a template: the run ends here, done.'),
})

/** By the key that tells what kind of step it is. */
export const STEP_SCHEMAS = { action, parallel, foreach, when: choice, wait, approval, call, set, stop } as const
export type StepKind = keyof typeof STEP_SCHEMAS

export const playbookSchema = z.strictObject({
  name: id().describe('Unique; = the name of its file.'),
  summary: z.string().min(1).describe('One sentence.'),
  enabled: z.boolean().default(true).describe('Whether anything starts it.'),
  on: z.array(trigger).default([]).describe('What starts it; without any it is started by hand or called.'),
  queue: z
    .strictObject({
      by: z
        .enum(['incident', 'subject', 'none'])
        .default('incident')
        .describe('Runs about the same one go one after the other.'),
      coalesce: z
        .boolean()
        .default(true)
        .describe('Of those that wait for the same one, only one starts, with what is known by then.'),
    })
    .prefault({})
    .describe('Order.'),
  limit: z
    .strictObject({
      perHour: z.int().min(1).max(100_000).default(1000).describe('Starts in any hour; further ones wait.'),
    })
    .prefault({})
    .describe('How often.'),
  deadline: duration()
    .refine((millis) => millis <= 30 * DAY, { error: 'at most 30d' })
    .prefault('7d')
    .describe('A run that takes longer fails.'),
  vars: z.record(id(), z.unknown()).default({}).describe('Variables and their first values.'),
  steps: inner().describe('What is done, one after the other.'),
})

export type PlaybookText = z.output<typeof playbookSchema>
