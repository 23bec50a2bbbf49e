/** The shape of a scenario file: what may be written, with its bounds and defaults. */
import { z } from 'zod'
import { REMEDIATIONS } from '../core/decision.ts'
import { parseDuration } from '../core/duration.ts'
import type { Failure } from '../core/failure.ts'
import { HOUR } from '../core/time.ts'

export const KEYS = ['client', 'host', 'session', 'user-agent', 'network'] as const
export type Key = (typeof KEYS)[number]

export const DISTINCT = ['path', 'target', 'rule-family', 'parameter', 'user-agent', 'client'] as const
export type Distinct = (typeof DISTINCT)[number]

const strength = (verdict: (typeof REMEDIATIONS)[number]): number => REMEDIATIONS.indexOf(verdict)

const duration = z.string().transform((text, context) => {
  try {
    return parseDuration(text)
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Failure).message })
    return z.NEVER
  }
})

const leak = z.string().transform((text, context) => {
  const parts = /^([1-9]\d{0,5})\/(\w{1,20})$/.exec(text)
  try {
    if (parts) return { drops: Number(parts[1]), every: parseDuration(parts[2]!) }
  } catch {
    // Falls through: the same advice helps whichever half is wrong.
  }
  context.addIssue({
    code: 'custom',
    message: `${JSON.stringify(text)} is not a leak; write drops per time, such as 5/15s`,
  })
  return z.NEVER
})

const verdict = z.enum(REMEDIATIONS)
const capacity = z.int().min(1).max(256)

export const scenarioSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{1,62}$/, 'a name is lower case words joined by dashes'),
    summary: z.string().min(1).max(160),
    proves: z.string().min(1).max(400),
    enabled: z.boolean().default(true),
    shadow: z.boolean().default(false),
    on: z.union(
      [
        z.enum(['any', 'matches', 'remedies']),
        z.strictObject({
          status: z.array(z.int().min(100).max(599)).min(1).max(32),
          method: z.array(z.string().regex(/^[A-Z]{1,20}$/, 'a method is written in capitals')).optional(),
        }),
      ],
      'write any, matches, remedies or { status: [404] }',
    ),
    filter: z.string().optional(),
    key: z.enum(KEYS).default('client'),
    type: z.enum(['trigger', 'leaky', 'counter', 'distinct', 'sequence']),
    capacity: capacity.optional(),
    leak: leak.optional(),
    window: duration.optional(),
    distinct: z.enum(DISTINCT).optional(),
    steps: z
      .array(z.strictObject({ filter: z.string(), times: z.int().min(1).max(1000).default(1) }))
      .min(2)
      .max(8)
      .optional(),
    verdict,
    duration: duration.optional(),
    requires: z.literal('evidence').optional(),
    otherwise: verdict.default('watch'),
    unless: z.string().optional(),
    escalate: z.boolean().default(false),
    share: z.boolean().default(false),
    severity: z.enum(['info', 'low', 'medium', 'high', 'critical']).optional(),
    confidence: z.int().min(0).max(100).default(50),
    quiet: duration.default(HOUR),
  })
  .superRefine((value, context) => {
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    const needs = NEEDS[value.type]
    for (const field of BUCKET_FIELDS) {
      const given = value[field] !== undefined
      if (needs[field] === 'required' && !given) fault('type', `type ${value.type} needs ${field}`)
      if (needs[field] === undefined && given) fault(field, `type ${value.type} has no ${field}`)
    }
    if (value.requires === undefined && value.otherwise !== 'watch')
      fault('otherwise', 'otherwise is what happens without the evidence that `requires: evidence` asks for')
    if (strength(value.otherwise) >= strength(value.verdict) && value.otherwise !== 'watch')
      fault('otherwise', 'otherwise must be weaker than the verdict')
    const proven = value.requires === undefined ? value.verdict : value.otherwise
    if (value.on !== 'matches' && value.on !== 'remedies' && strength(proven) > strength('throttle'))
      fault('verdict', 'without matches a scenario may throttle at most, unless it has `requires: evidence`')
  })

const BUCKET_FIELDS = ['capacity', 'leak', 'window', 'distinct', 'steps'] as const
const NEEDS: Readonly<
  Record<
    'trigger' | 'leaky' | 'counter' | 'distinct' | 'sequence',
    Readonly<Partial<Record<(typeof BUCKET_FIELDS)[number], 'required' | 'optional'>>>
  >
> = {
  trigger: {},
  leaky: { capacity: 'required', leak: 'required', window: 'optional', distinct: 'optional' },
  counter: { capacity: 'required', window: 'required' },
  distinct: { capacity: 'required', window: 'required', distinct: 'required' },
  sequence: { steps: 'required', window: 'required' },
}

export type ScenarioText = z.infer<typeof scenarioSchema>
