/**
 * Decisions: alerts and people's commands in, instructions to the WAFs out.
 *
 * Enters: alerts in log order; commands between two records. Leaves: decisions (new, extended, strengthened,
 * withdrawn), acts for the audit trail, findings for a person.
 * Promised: no decision ever covers an allowlisted, own, special or trusted-proxy address; at most one is in force per
 * scope and value; it is never shortened or weakened except by a person. Guards only weaken, each leaves its reason,
 * and a guard that fails means no decision. Pure on log time; everything remembered lies in the state tables, except
 * the decisions in force and the allowlist, which the ledger holds: call `restore` after the tables were restored.
 *
 * Guards, in this order: allowlist, special addresses, shared address, cool-off, ban budget, overlap.
 */
import type { Act, AllowEntry, Command } from '../core/act.ts'
import type { Alert } from '../core/alert.ts'
import type { Decision, Remediation } from '../core/decision.ts'
import { formatDuration } from '../core/duration.ts'
import type { Finding } from '../core/finding.ts'
import { derivedId } from '../core/id.ts'
import { type Cidr, parseCidr } from '../core/ip.ts'
import { silent, type Trace } from '../core/reason.ts'
import { HOUR, type Millis } from '../core/time.ts'
import { DecisionTable } from '../kit/decision-table.ts'
import type { StateSpace } from '../kit/state.ts'
import { type ActiveDecisions, createActiveDecisions, type Decisions } from './active-decisions.ts'
import { because, type Guard } from './candidate.ts'
import { createCommands } from './commands.ts'
import { guarded } from './guarded.ts'
import { createAllowlist, type VerifiedName, type Warninglist } from './guards/allowlist.ts'
import { type BudgetOptions, banBudget, DEFAULT_BUDGET } from './guards/ban-budget.ts'
import { type CoolOffOptions, coolOff } from './guards/cool-off.ts'
import { DEFAULT_SHARED, type SharedOptions, sharedAddress } from './guards/shared-address.ts'
import { specialAddresses } from './guards/special-addresses.ts'
import { createLadder, DEFAULT_LADDER, type LadderOptions } from './ladder.ts'
import type { Commanded, Judged } from './outcome.ts'
import { settle } from './overlap.ts'
import { summaryOf } from './summary.ts'

export interface DecideOptions {
  /** From the configuration; entries added by command come through `restore`. */
  readonly allowlist?: readonly AllowEntry[]
  readonly warninglists?: readonly Warninglist[]
  /** Addresses of this machine and of the protected sites. */
  readonly own?: readonly Cidr[]
  readonly trustedProxies?: readonly Cidr[]
  readonly shared?: Partial<SharedOptions>
  readonly coolOff?: Partial<CoolOffOptions>
  readonly budget?: Partial<BudgetOptions>
  readonly ladder?: Partial<LadderOptions>
  /** How long a remedy lasts when the alert does not say; for a ban that is the ladder's first step. */
  readonly durations?: Partial<Record<Exclude<Remediation, 'ban'>, Millis>>
  /** Everything is simulated. */
  readonly shadow?: boolean
  /** Scenarios whose decisions are simulated. */
  readonly shadowScenarios?: readonly string[]
}

export interface Decider {
  judge(alert: Alert, trace: Trace): Judged
  /** `by` is the audit trail's actor, e.g. `cli:root`. `at` is the clock's time. */
  command(command: Command, by: string, at: Millis): Commanded
  /** True when an enforced throttle, captcha or ban covers the address: its traffic is partly our own doing. */
  isRestrained(clientIp: string, at: Millis): boolean
  active(at: Millis): Decisions
  /** Drops decisions that ended at `until` or before: no event comes that late. */
  forget(until: Millis): void
  /** A forward-confirmed reverse name, so that allowlisted host names protect the address. */
  learn(name: VerifiedName): void
  /**
   * Goes on with what the ledger holds; the table becomes the room's own. Returns what a changed configuration undoes:
   * decisions on addresses that are now allowlisted, our own or trusted proxies are withdrawn.
   */
  restore(decisions: DecisionTable, allowlist: readonly AllowEntry[], at: Millis): Judged
  readonly frozen: boolean
}

/** Watches beyond which no further one is added: a flood of sources must not fill the ledger. */
const MOST_WATCHED = 50_000

const DURATIONS = { watch: HOUR, throttle: HOUR, captcha: HOUR } as const

export const createDecider = (options: DecideOptions, state: StateSpace): Decider => {
  const active: ActiveDecisions = createActiveDecisions(new DecisionTable())
  const allowlist = createAllowlist(options.allowlist ?? [], options.warninglists ?? [], state)
  const special = specialAddresses({ own: options.own ?? [], trustedProxies: options.trustedProxies ?? [] })
  const pause = coolOff({ duration: HOUR, proof: 99, ...options.coolOff }, state)
  const budget = banBudget({ ...DEFAULT_BUDGET, ...options.budget }, state)
  const ladder = createLadder({ ...DEFAULT_LADDER, ...options.ladder }, state)
  const guards: readonly Guard[] = [
    allowlist,
    special,
    sharedAddress({ ...DEFAULT_SHARED, ...options.shared }),
    pause,
    budget,
  ]
  const durations = { ...DURATIONS, ...options.durations }
  const shadowScenarios = new Set(options.shadowScenarios ?? [])

  /** Watches are for people to read: of more than anybody reads, the rest is in the alerts. */
  const full = (type: Remediation, value: string, at: Millis): boolean =>
    type === 'watch' && active.watches >= MOST_WATCHED && active.get(value, at) === undefined

  /** Puts a decision that passed the guards beside what is in force. */
  const enact = (
    wish: Decision,
    cidr: Cidr,
    actor: string,
    trace: Trace,
  ): { readonly decisions: Decision[]; readonly acts: Act[]; readonly why?: string } => {
    const known = active.get(wish.value, wish.startsAt)
    // A late alert does not begin before the decision that it meets: their times would overlap with a former one's.
    const shift = Math.max(0, (known?.startsAt ?? 0) - wish.startsAt)
    const next = shift === 0 ? wish : { ...wish, startsAt: wish.startsAt + shift, until: wish.until + shift }
    const outcome = settle(next, known, active.around(cidr, next.startsAt))
    if (outcome.kind === 'none') {
      if (trace.on) trace.why(because(outcome.code, outcome.text))
      return { decisions: [], acts: [], why: outcome.text }
    }
    const { decision } = outcome
    const decisions: Decision[] = []
    const astray = active.astray(wish.value, wish.startsAt)
    if (astray) decisions.push({ ...astray, withdrawnAt: wish.startsAt, withdrawnBy: 'engine: it began in the future' })
    if (outcome.kind === 'new' && outcome.replaced) {
      const by = `engine: replaced by ${decision.type}`
      decisions.push({
        ...outcome.replaced,
        withdrawnAt: Math.max(next.startsAt, outcome.replaced.startsAt),
        withdrawnBy: by,
      })
    }
    active.put(decision)
    decisions.push(decision)
    const verb = { new: 'add', extended: 'extend', strengthened: 'strengthen' }[outcome.kind]
    const act: Act = {
      at: next.startsAt,
      actor,
      verb: `decision.${verb}`,
      subject: decision.id,
      detail: {
        type: decision.type,
        value: decision.value,
        until: decision.until,
        scenario: next.scenario,
        simulated: decision.simulated,
      },
    }
    if (trace.on)
      trace.why(
        because(
          `decision.${verb}`,
          `${decision.simulated ? 'simulated ' : ''}${decision.type} ${decision.scope} ${decision.value} for ${formatDuration(decision.until - next.startsAt)}`,
        ),
      )
    return { decisions, acts: [act] }
  }

  const judge = (alert: Alert, trace: Trace): Judged => {
    const at = alert.stoppedAt
    const cidr = parseCidr(alert.subject.value)
    if (!cidr) {
      if (trace.on) trace.why(because('decide.no_address', 'the subject is no address'))
      return { decisions: [], acts: [], findings: [] }
    }
    const findings: Finding[] = []
    const simulated = options.shadow === true || shadowScenarios.has(alert.scenario)
    const left = guarded(
      { subject: alert.subject, cidr, type: alert.verdict, at, alert, simulated },
      guards,
      trace,
      findings,
    )
    const news = budget.takeNews()
    findings.push(...news.findings)
    if (left.type === undefined) return { decisions: [], acts: news.acts, findings }

    const key = `${alert.subject.scope} ${alert.subject.value}`
    if (full(left.type, alert.subject.value, at)) {
      if (trace.on) trace.why(because('decide.watch_full', `${active.watches} addresses are watched; no further watch`))
      return { decisions: [], acts: news.acts, findings }
    }
    const known = active.get(alert.subject.value, at)
    const banInForce = known?.type === 'ban' && !known.simulated && known.origin === 'engine'
    const weakened = left.type !== alert.verdict
    const reasons = [...alert.reasons, ...left.reasons]
    let lasts = weakened || alert.duration === undefined ? undefined : alert.duration
    if (left.type === 'ban') {
      const former = ladder.former(key, at, banInForce)
      lasts = ladder.duration(lasts, former)
      if (former > 0) {
        const reason = because(
          'decide.repeat_offender',
          `banned ${former === 1 ? 'once' : `${former} times`} before: ${formatDuration(lasts)}`,
        )
        reasons.push(reason)
        if (trace.on) trace.why(reason)
      }
    } else lasts ??= durations[left.type]

    const next: Decision = {
      id: derivedId('d', key, alert.id),
      alert: alert.id,
      type: left.type,
      scope: alert.subject.scope,
      value: alert.subject.value,
      origin: 'engine',
      scenario: alert.scenario,
      ...(alert.attackClasses[0] === undefined ? {} : { attackClass: alert.attackClasses[0] }),
      startsAt: at,
      until: at + lasts,
      reason: summaryOf(alert),
      reasons,
      events: alert.events,
      simulated,
    }
    const enacted = enact(next, cidr, 'engine', trace)
    const made = enacted.decisions.at(-1)
    if (made?.type === 'ban' && !simulated && !banInForce) {
      budget.spend(at)
      ladder.count(key, at)
    }
    return { decisions: enacted.decisions, acts: [...news.acts, ...enacted.acts], findings }
  }

  const command = createCommands({
    active,
    allowlist,
    pause,
    budget,
    ladder,
    state,
    guarded: (candidate, findings) => guarded(candidate, [allowlist, special], silent, findings),
    enact: (next, cidr, by) => enact(next, cidr, by, silent),
  })

  return {
    judge,
    command,
    isRestrained: (clientIp, at) => active.restrains(clientIp, at),
    active: (at) => active.all(at),
    forget: (until) => active.forget(until),
    learn: (name) => allowlist.learn(name),
    restore(decisions, entries, at) {
      for (const entry of entries) allowlist.add(entry)
      active.adopt(decisions)
      const withdrawn: Decision[] = []
      const acts: Act[] = []
      for (const decision of active.picked((key) => allowlist.mayTouch(key) || special.mayTouch(key), at)) {
        const cidr = parseCidr(decision.value)
        if (!cidr) continue
        const candidate = { subject: decision, cidr, type: decision.type, at, simulated: decision.simulated }
        const ruling = allowlist.rule(candidate) ?? special.rule(candidate)
        if (!ruling) continue
        active.remove(decision)
        const withdrawnAt = Math.max(at, decision.startsAt)
        withdrawn.push({ ...decision, withdrawnAt, withdrawnBy: `system: ${ruling.reason.text}` })
        acts.push({
          at,
          actor: 'system',
          verb: 'decision.remove',
          subject: decision.id,
          detail: { type: decision.type, value: decision.value, reason: ruling.reason.text },
        })
      }
      return { decisions: withdrawn, acts, findings: [] }
    },
    get frozen() {
      return budget.frozen
    },
  }
}
