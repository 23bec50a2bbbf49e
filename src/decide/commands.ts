/** What people ask for, between two records. A person overrules statistics, never the allowlist or the special addresses. */
import type { Act, Command } from '../core/act.ts'
import { type Decision, decisionKey, type Origin, REMEDIATIONS } from '../core/decision.ts'
import { formatDuration } from '../core/duration.ts'
import type { Finding } from '../core/finding.ts'
import { derivedId } from '../core/id.ts'
import { type Cidr, parseCidr, subjectOf } from '../core/ip.ts'
import { quoted, type Reason } from '../core/reason.ts'
import type { Subject } from '../core/subject.ts'
import { iso, type Millis } from '../core/time.ts'
import type { StateSpace } from '../kit/state.ts'
import type { ActiveDecisions } from './active-decisions.ts'
import type { Candidate } from './candidate.ts'
import type { Allowlist } from './guards/allowlist.ts'
import type { Budget } from './guards/ban-budget.ts'
import type { CoolOff } from './guards/cool-off.ts'
import { createImports } from './import-commands.ts'
import type { Ladder } from './ladder.ts'
import type { Commanded } from './outcome.ts'
import { readTarget, WIDEST } from './target.ts'

export interface CommandParts {
  readonly active: ActiveDecisions
  readonly allowlist: Allowlist
  readonly pause: CoolOff
  readonly budget: Budget
  readonly ladder: Ladder
  readonly state: StateSpace
  guarded(candidate: Candidate, findings: Finding[]): { readonly type: unknown; readonly reasons: readonly Reason[] }
  enact(
    next: Decision,
    cidr: Cidr,
    by: string,
  ): { readonly decisions: readonly Decision[]; readonly acts: readonly Act[]; readonly why?: string }
}

const NOTHING: Commanded = { ok: false, text: '', decisions: [], acts: [], findings: [], allowlist: [] }

/** Decisions that an answer names. */
const NAMED = 5
const named = (decisions: readonly Decision[]): string =>
  decisions
    .slice(0, NAMED)
    .map((d) => `${d.type} on ${d.value}`)
    .concat(decisions.length > NAMED ? [`and ${decisions.length - NAMED} more`] : [])
    .join(', ')

const originOf = (by: string): Origin => (/^(?:feed|playbook|callback):/.test(by) ? (by as Origin) : 'cli')

export const createCommands = (parts: CommandParts) => {
  const { active, allowlist, pause, budget, ladder } = parts
  /** Two equal commands in the same millisecond are two decisions all the same. */
  const counter = parts.state.table<number>('decide/commands')
  const nextNumber = (): number => {
    const number = (counter.get('number', 0) ?? 0) + 1
    counter.put('number', number, Number.MAX_SAFE_INTEGER)
    return number
  }
  const imports = createImports(parts, nextNumber)
  const refuse = (text: string): Commanded => ({ ...NOTHING, text })

  const withdraw = (decision: Decision, by: string, at: Millis): Decision => {
    active.remove(decision)
    return { ...decision, withdrawnAt: Math.max(at, decision.startsAt), withdrawnBy: by }
  }

  const addDecision = (c: Extract<Command, { kind: 'decision.add' }>, by: string, at: Millis): Commanded => {
    const target = readTarget(c.value)
    if (!target) return refuse(`${quoted(c.value)} is neither an address nor a network such as 192.0.2.0/24`)
    if (!REMEDIATIONS.includes(c.type)) return refuse(`a decision is one of ${REMEDIATIONS.join(', ')}`)
    if (!(c.duration > 0 && Number.isSafeInteger(at + c.duration))) return refuse('the duration must be positive')
    const { subject, cidr } = target
    if (cidr.bits < WIDEST[cidr.address.kind()])
      return refuse(`${cidr.text} is too wide; the widest network is a /${WIDEST[cidr.address.kind()]}`)
    const findings: Finding[] = []
    const left = parts.guarded({ subject, cidr, type: c.type, at, simulated: false }, findings)
    if (left.type === undefined) return { ...refuse(left.reasons.at(-1)?.text ?? 'a guard refused'), findings }
    const key = `${subject.scope} ${subject.value}`
    const next: Decision = {
      id: derivedId('d', key, by, at, nextNumber()),
      type: c.type,
      ...subject,
      origin: originOf(by),
      scenario: 'manual',
      startsAt: at,
      until: at + c.duration,
      reason: quoted(c.reason, 200).slice(1, -1),
      reasons: [{ stage: 'decide', code: 'decide.command', text: `${by}: ${quoted(c.reason, 200)}` }],
      events: [],
      simulated: false,
    }
    const enacted = parts.enact(next, cidr, by)
    if (enacted.why !== undefined) return { ...refuse(`unchanged: ${enacted.why}`), ok: true, findings }
    const made = enacted.decisions.at(-1)!
    return {
      ...NOTHING,
      ...enacted,
      ok: true,
      text: `${made.type} on ${made.scope} ${made.value} until ${iso(made.until)}`,
      findings,
    }
  }

  const removeDecision = (c: Extract<Command, { kind: 'decision.remove' }>, by: string, at: Millis): Commanded => {
    const target = readTarget(c.value)
    const places = target ? new Set([parseCidr(c.value.trim())!.text, target.subject.value]) : []
    const found = [active.withId(c.value, at), ...[...places].map((value) => active.on(value, at))].filter(
      (decision) => decision !== undefined,
    )
    if (found.length === 0) {
      const touching = target ? active.touching([target.cidr], at) : []
      return refuse(
        touching.length > 0
          ? `no decision on ${quoted(c.value)} itself; ${named(touching)} touches it: remove that, or allowlist the address`
          : `no decision in force on ${quoted(c.value)}`,
      )
    }
    const acts: Act[] = []
    const decisions = found.map((decision) => {
      const subject: Subject = { scope: decision.scope, value: decision.value }
      pause.begin(subject, at)
      ladder.clear(decisionKey(decision))
      acts.push({
        at,
        actor: by,
        verb: 'decision.remove',
        subject: decision.id,
        detail: { type: decision.type, value: decision.value, reason: c.reason },
      })
      return withdraw(decision, by, at)
    })
    const [first] = decisions
    return {
      ...NOTHING,
      ok: true,
      text: decisions.map((d) => `${d.type} on ${d.scope} ${d.value} lifted`).join(', '),
      decisions,
      acts,
      forget: { scope: first!.scope, value: first!.value },
    }
  }

  const addAllowance = (c: Extract<Command, { kind: 'allow.add' }>, by: string, at: Millis): Commanded => {
    if (c.entry.expiresAt !== undefined && c.entry.expiresAt <= at)
      return refuse('the entry would have expired already')
    if (c.entry.kind !== 'host' && parseCidr(c.entry.value.trim())?.bits === 0)
      return refuse('that would protect everybody; to try things out without enforcement use shadow mode')
    const entry = allowlist.add({ ...c.entry, addedAt: at, addedBy: by })
    if (typeof entry === 'string') return refuse(entry)
    const acts: Act[] = [
      {
        at,
        actor: by,
        verb: 'allowlist.add',
        subject: entry.value,
        detail: { kind: entry.kind, reason: entry.reason },
      },
    ]
    const lifted = active.touching(allowlist.networksOf(entry, at), at)
    const decisions = lifted.map((d) => {
      acts.push({
        at,
        actor: by,
        verb: 'decision.remove',
        subject: d.id,
        detail: { type: d.type, value: d.value, reason: `allowlisted as ${entry.value}` },
      })
      ladder.clear(decisionKey(d))
      return withdraw(d, by, at)
    })
    const lasting = entry.expiresAt === undefined ? '' : ` for ${formatDuration(entry.expiresAt - at)}`
    return {
      ...NOTHING,
      ok: true,
      text: `${entry.value} allowlisted${lasting}${decisions.length > 0 ? `, ${decisions.length} decision(s) lifted` : ''}`,
      decisions,
      acts,
      allowlist: [{ value: entry.value, entry }],
      ...(entry.kind === 'ip' ? { forget: subjectOf(entry.value) } : {}),
    }
  }

  const removeAllowance = (c: Extract<Command, { kind: 'allow.remove' }>, by: string, at: Millis): Commanded => {
    const value = allowlist.remove(c.value)
    if (value === 'fixed')
      return refuse(`${quoted(c.value)} stands in the configuration file: remove it there and reload`)
    if (value === undefined) return refuse(`${quoted(c.value)} is not on the allowlist`)
    return {
      ...NOTHING,
      ok: true,
      text: `${value} removed from the allowlist`,
      acts: [{ at, actor: by, verb: 'allowlist.remove', subject: value, detail: {} }],
      allowlist: [{ value, entry: null }],
    }
  }

  return (command: Command, by: string, at: Millis): Commanded => {
    switch (command.kind) {
      case 'decision.add':
        return addDecision(command, by, at)
      case 'decision.remove':
        return removeDecision(command, by, at)
      case 'allow.add':
        return addAllowance(command, by, at)
      case 'allow.remove':
        return removeAllowance(command, by, at)
      case 'decision.import':
        return imports.decisions(command, by, at)
      case 'decision.withdraw':
        return imports.withdrawal(command, by, at)
      case 'allow.import':
        return imports.allowances(command, by, at)
      case 'budget.thaw': {
        const thawed = budget.thaw(by, command.reason, at)
        return {
          ...NOTHING,
          ok: thawed,
          text: thawed ? 'automation is working again' : 'automation is not frozen',
          ...budget.takeNews(),
        }
      }
      case 'incident.close':
      case 'incident.note':
        return refuse('incidents are worked on where they are kept')
    }
  }
}
