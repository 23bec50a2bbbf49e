/** The obvious rules of design §5, to plot the model against. Each bans on its own; windows are ten minutes of log time. */
import type { Event } from '../../src/core/event.ts'
import { MINUTE } from '../../src/core/time.ts'

export const SIMPLE_RULES = [
  'any critical rule',
  '≥ 3 transactions with rules',
  '≥ 2 rule families',
  '≥ 10 transactions with rules',
  '≥ 3 attack families over ≥ 3 transactions',
] as const
export type SimpleRule = (typeof SIMPLE_RULES)[number]

interface Seen {
  readonly time: number
  readonly families: readonly number[]
  readonly attacks: readonly string[]
}

const WINDOW = 10 * MINUTE
/** Attack classes proper; protocol hygiene and leaks of the site's own are none. */
const NO_ATTACK = new Set(['protocol', 'data-leak', 'other', 'scanner', 'dos'])

/** Returns a function that names the rules which ban an event's client, now or before. */
export const createSimpleRules = (): ((event: Event) => readonly SimpleRule[]) => {
  const clients = new Map<string, Seen[]>()
  return (event) => {
    const matches = event.matches.filter((m) => m.evaluation !== true)
    if (matches.length === 0) return []
    const seen = clients.get(event.clientIp) ?? []
    clients.set(event.clientIp, seen)
    seen.push({
      time: event.time,
      families: matches.map((m) => Math.floor(m.ruleId / 1000)),
      attacks: event.attackClasses.filter((c) => !NO_ATTACK.has(c)),
    })
    while (seen.length > 0 && seen[0]!.time < event.time - WINDOW) seen.shift()
    const banned: SimpleRule[] = []
    if (matches.some((m) => /^(?:critical|alert|emergency)$/i.test(m.severity))) banned.push('any critical rule')
    if (seen.length >= 3) banned.push('≥ 3 transactions with rules')
    if (new Set(seen.flatMap((s) => s.families)).size >= 2) banned.push('≥ 2 rule families')
    if (seen.length >= 10) banned.push('≥ 10 transactions with rules')
    const attacking = seen.filter((s) => s.attacks.length > 0)
    if (attacking.length >= 3 && new Set(attacking.flatMap((s) => s.attacks)).size >= 3)
      banned.push('≥ 3 attack families over ≥ 3 transactions')
    return banned
  }
}
