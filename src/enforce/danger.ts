/** How much it matters that an entry is enforced: what a full enforcement point keeps, and who is told first. */
import { REMEDIATIONS } from '../core/decision.ts'
import type { AttackClass } from '../core/event.ts'
import type { Entry } from '../kit/sink.ts'

/** Classes that are hardly ever an accident, or that cost a machine when they succeed. Others count 0. */
const CLASS: Readonly<Partial<Record<AttackClass, number>>> = {
  honeypot: 3,
  rce: 3,
  java: 3,
  php: 3,
  sqli: 2,
  lfi: 2,
  rfi: 2,
  ssrf: 2,
  ssti: 2,
  xxe: 2,
  bruteforce: 1,
  scanner: 1,
  dos: 1,
}

/** Seen here by ourselves, or named by a person here, weighs more than a list that somebody else keeps. */
const isOurs = (entry: Entry): boolean => !entry.origin.startsWith('feed:')

/** Comparable numbers: remedy first, then ours before lists, then the attack, then the newest. */
export const dangerOf = (entry: Entry): number =>
  (REMEDIATIONS.indexOf(entry.type) * 8 + (isOurs(entry) ? 4 : 0) + (CLASS[entry.attackClass] ?? 0)) * 2 ** 42 +
  Math.min(entry.version, 2 ** 42 - 1)
