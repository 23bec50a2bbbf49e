/**
 * What a playbook hands to the outside: one incident, or one alert alone, with everything that a ticket, a message or a
 * case elsewhere needs. Facts that a client wrote (hosts, paths, user agents, rule data) are in `events` and
 * `observables` only; all other texts are our own words. Times are ISO 8601, UTC.
 */
import { z } from 'zod'
import { REMEDIATIONS } from '../core/decision.ts'
import { ATTACK_CLASSES } from '../core/event.ts'
import { TLP } from './tlp.ts'

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const

const count = z.int().min(0)

/** An event as the outside sees it (`core/event-json.ts`); of its keys these are relied on. */
export const caseEvent = z.looseObject({
  id: z.string(),
  time: z.string(),
  sensor: z.string(),
  clientIp: z.string(),
  request: z.looseObject({
    method: z.string(),
    host: z.string(),
    uri: z.string(),
    path: z.string(),
    query: z.string(),
    userAgent: z.string(),
    httpVersion: z.string(),
  }),
  response: z.looseObject({ status: z.int() }),
  matches: z.array(
    z.looseObject({
      ruleId: z.int(),
      message: z.string(),
      data: z.string(),
      severity: z.string(),
      tags: z.array(z.string()),
      file: z.string(),
      line: z.int(),
      attackClass: z.string(),
    }),
  ),
  attackClasses: z.array(z.string()),
  anomalyScore: z.number().optional(),
  threatScore: z.number(),
  severity: z.enum(SEVERITIES),
  disposition: z.enum(['blocked', 'detected', 'allowed']),
})

export const caseDecision = z.strictObject({
  id: z.string(),
  /** What the banned visitor may see of it. */
  reference: z.string(),
  type: z.enum(REMEDIATIONS),
  scope: z.enum(['Ip', 'Range']),
  value: z.string(),
  origin: z.string(),
  scenario: z.string(),
  startsAt: z.string(),
  until: z.string(),
  reason: z.string(),
  simulated: z.boolean(),
})

export const caseFile = z.strictObject({
  /** The incident's id, or the alert's: the same in every version of this case. */
  id: z.string(),
  kind: z.enum(['incident', 'alert']),
  /** One line, our words: `SQL injection from 203.0.113.7`. */
  title: z.string(),
  severity: z.enum(SEVERITIES),
  tlp: z.enum(TLP),
  /** 0 to 100. */
  confidence: z.int().min(0).max(100),
  state: z.enum(['open', 'closed']),
  escalated: z.boolean(),
  subject: z.strictObject({ scope: z.enum(['Ip', 'Range']), value: z.string() }),
  openedAt: z.string(),
  lastAt: z.string(),
  alertCount: count,
  eventCount: count,
  /** The highest of its events. */
  threatScore: z.number(),
  anomalyScore: z.number().optional(),
  attackClasses: z.array(z.enum(ATTACK_CLASSES)),
  scenarios: z.array(z.string()),
  sensors: z.array(z.string()),
  /** Why, line by line, our words. */
  reasons: z.array(z.string()),
  /** Rules that matched, by how often. */
  rules: z.array(z.strictObject({ id: z.int(), message: z.string(), severity: z.string(), count: count })),
  /** What was seen, as clients wrote it, each once, at most 20 of a kind. */
  observables: z.strictObject({
    hosts: z.array(z.string()),
    paths: z.array(z.string()),
    userAgents: z.array(z.string()),
  }),
  decisions: z.array(caseDecision),
  /** At most 16: the first and the latest; redacted as they are stored. */
  events: z.array(caseEvent),
  /** Where people look at it, when the configuration names our address. */
  link: z.string().optional(),
})

export type CaseFile = z.output<typeof caseFile>
export type CaseEvent = z.output<typeof caseEvent>
