/**
 * Lists of others: many decisions or allowlist entries by one command, each through the same guards as one by hand,
 * with one act in the audit trail. The answer counts what became of the entries: `readImportAnswer` takes it apart.
 */
import { type Act, type Command, type ImportEntry, MOST_IMPORTED } from '../core/act.ts'
import { type Decision, decisionKey, REMEDIATIONS } from '../core/decision.ts'
import { ATTACK_CLASSES } from '../core/event.ts'
import type { Finding } from '../core/finding.ts'
import { derivedIds } from '../core/id.ts'
import { parseCidr } from '../core/ip.ts'
import { quoted, type Reason } from '../core/reason.ts'
import { DAY, type Millis } from '../core/time.ts'
import { because } from './candidate.ts'
import type { CommandParts } from './commands.ts'
import type { Commanded } from './outcome.ts'
import { readTarget, WIDEST } from './target.ts'

/** The name of a list: it becomes an origin and a scenario, which bouncers and zones show as they are. */
export const LIST_NAME = /^[a-z0-9][a-z0-9._:-]{0,62}$/

export interface ImportCounts {
  added: number
  /** Were in force, and now are longer or stronger. */
  extended: number
  /** Were in force already, at least as long and as strong. */
  covered: number
  refused: number
}

/** Refusals that the answer names. */
const NAMED = 3

const answerText = (counts: ImportCounts, why: readonly string[]): string =>
  `added ${counts.added}, extended ${counts.extended}, covered ${counts.covered}, refused ${counts.refused}` +
  (why.length > 0 ? `: ${why.join('; ')}` : '')

/** The counts of an answer and the first refusals, or undefined when it is none. */
export const readImportAnswer = (
  text: string,
): { readonly counts: ImportCounts; readonly why: string | undefined } | undefined => {
  const parts = /^added (\d+), extended (\d+), covered (\d+), refused (\d+)(?:: (.*))?$/s.exec(text)
  if (!parts) return undefined
  const [added, extended, covered, refused] = parts.slice(1, 5).map(Number) as [number, number, number, number]
  return { counts: { added, extended, covered, refused }, why: parts[5] }
}

/** A reason in one harmless line. Quotes and backslashes stay as they are: an export and import must not add to them. */
const plain = (reason: string): string =>
  quoted(reason, 200)
    .slice(1, -1)
    .replace(/\\(["\\])/g, '$1')

/** How many a `decision.withdraw` ended and left for the next one, or undefined when the answer is none. */
export const readWithdrawAnswer = (text: string): { readonly ended: number; readonly left: number } | undefined => {
  const parts = /^ended (\d+), left (\d+)$/.exec(text)
  return parts ? { ended: Number(parts[1]), left: Number(parts[2]) } : undefined
}

const NO_EVENTS: readonly string[] = []

/** What a list has brought and what is long over by the clock is dropped, though no log may say so. */
const LONG_OVER = DAY

const NOTHING: Commanded = { ok: false, text: '', decisions: [], acts: [], findings: [], allowlist: [] }

export const createImports = (parts: CommandParts, nextNumber: () => number) => {
  const { active, allowlist, ladder } = parts

  /** Why nothing of the command is carried out. */
  const unfit = (list: string, size: number): string | undefined =>
    !LIST_NAME.test(list)
      ? `${quoted(list)} is no name of a list: lower case letters, digits, dots, dashes, colons and underscores`
      : size > MOST_IMPORTED
        ? `${size} entries are more than one command carries (${MOST_IMPORTED})`
        : undefined

  const end = (decision: Decision, by: string, at: Millis): Decision => {
    active.remove(decision)
    return { ...decision, withdrawnAt: Math.max(at, decision.startsAt), withdrawnBy: by }
  }

  const decisionOf = (
    entry: ImportEntry,
    list: string,
    by: string,
    at: Millis,
    id: string,
    reasons: readonly Reason[],
    findings: Finding[],
  ) => {
    const target = readTarget(entry.value)
    if (!target) return `${quoted(entry.value)} is neither an address nor a network`
    const { subject, cidr } = target
    const widest = WIDEST[cidr.address.kind()]
    const until = entry.until ?? at + (entry.duration ?? Number.NaN)
    if (!REMEDIATIONS.includes(entry.type)) return `${cidr.text}: no remedy of ours`
    if (entry.attackClass !== undefined && !ATTACK_CLASSES.includes(entry.attackClass))
      return `${cidr.text}: no attack class of ours`
    if (!(until > at && Number.isSafeInteger(until))) return `${cidr.text} would have ended already`
    if (cidr.bits < widest) return `${cidr.text} is too wide; the widest network is a /${widest}`
    const left = parts.guarded({ subject, cidr, type: entry.type, at, simulated: false }, findings)
    if (left.type === undefined) return left.reasons.at(-1)?.text ?? `${cidr.text}: a guard refused`
    const next: Decision = {
      id,
      type: entry.type,
      ...subject,
      origin: `feed:${list}`,
      scenario: list,
      ...(entry.attackClass === undefined ? {} : { attackClass: entry.attackClass }),
      startsAt: at,
      until,
      reason: entry.reason === undefined ? `on the list ${list}` : plain(entry.reason),
      reasons,
      events: NO_EVENTS,
      simulated: false,
    }
    return parts.enact(next, cidr, by)
  }

  const decisions = (c: Extract<Command, { kind: 'decision.import' }>, by: string, at: Millis): Commanded => {
    const wrong = unfit(c.list, c.entries.length)
    if (wrong !== undefined) return { ...NOTHING, text: wrong }
    active.forget(at - LONG_OVER, (origin) => origin.startsWith('feed:'))
    const idOf = derivedIds('d', 'import', c.list, at, nextNumber())
    // One array for all: what is the same in a million decisions is kept and written as the same.
    const reasons = [because('decide.import', `${by}: from the list ${c.list}`)]
    const counts: ImportCounts = { added: 0, extended: 0, covered: 0, refused: 0 }
    const why: string[] = []
    const findings: Finding[] = []
    const made: Decision[] = []
    for (const [i, entry] of c.entries.entries()) {
      const outcome = decisionOf(entry, c.list, by, at, idOf(i), reasons, findings)
      if (typeof outcome === 'string') {
        if (counts.refused++ < NAMED) why.push(outcome)
      } else if (outcome.why !== undefined) counts.covered++
      else if (outcome.acts[0]?.verb === 'decision.add') counts.added++
      else counts.extended++
      if (typeof outcome !== 'string') made.push(...outcome.decisions)
    }
    const act: Act = { at, actor: by, verb: 'decision.import', subject: c.list, detail: { ...counts } }
    return { ...NOTHING, ok: true, text: answerText(counts, why), decisions: made, acts: [act], findings }
  }

  const allowances = (c: Extract<Command, { kind: 'allow.import' }>, by: string, at: Millis): Commanded => {
    const wrong = unfit(c.list, c.entries.length)
    if (wrong !== undefined) return { ...NOTHING, text: wrong }
    const counts: ImportCounts = { added: 0, extended: 0, covered: 0, refused: 0 }
    const why: string[] = []
    const added: Commanded['allowlist'][number][] = []
    for (const wish of c.entries) {
      const entry =
        wish.expiresAt !== undefined && wish.expiresAt <= at
          ? `${quoted(wish.value)} would have expired already`
          : wish.kind !== 'host' && parseCidr(wish.value.trim())?.bits === 0
            ? 'that would protect everybody'
            : allowlist.add({ ...wish, addedAt: at, addedBy: by })
      if (typeof entry !== 'string') {
        counts.added++
        added.push({ value: entry.value, entry })
      } else if (counts.refused++ < NAMED) why.push(entry)
    }
    const networks = added.flatMap(({ entry }) => (entry ? allowlist.networksOf(entry, at) : []))
    const lifted = active.touching(networks, at)
    for (const decision of lifted) ladder.clear(decisionKey(decision))
    const act: Act = {
      at,
      actor: by,
      verb: 'allowlist.import',
      subject: c.list,
      detail: { ...counts, lifted: lifted.length },
    }
    return {
      ...NOTHING,
      ok: true,
      text: answerText(counts, why),
      decisions: lifted.map((decision) => end(decision, by, at)),
      acts: [act],
      allowlist: added,
    }
  }

  const withdrawal = (c: Extract<Command, { kind: 'decision.withdraw' }>, by: string, at: Millis): Commanded => {
    const wrong = unfit(c.list, c.values?.length ?? 0)
    if (wrong !== undefined) return { ...NOTHING, text: wrong }
    const origin = `feed:${c.list}` as const
    const ended: Decision[] = []
    let left = 0
    if (c.values) {
      const named = new Set(c.values.map((value) => readTarget(value)?.subject.value))
      for (const value of named) {
        const decision = value === undefined ? undefined : active.on(value, at)
        if (decision?.origin === origin) ended.push(decision)
      }
    } else {
      const all = active.ofOrigin(origin, at)
      left = Math.max(0, all.count - MOST_IMPORTED)
      for (const decision of all) if (ended.push(decision) === MOST_IMPORTED) break
    }
    const detail = { ended: ended.length, left, reason: quoted(c.reason, 200).slice(1, -1) }
    return {
      ...NOTHING,
      ok: true,
      text: `ended ${ended.length}, left ${left}`,
      decisions: ended.map((decision) => end(decision, by, at)),
      acts: [{ at, actor: by, verb: 'decision.withdraw', subject: c.list, detail }],
    }
  }

  return { decisions, allowances, withdrawal }
}
