/**
 * Fourth guard: however sure we are, so many bans at once are more likely our mistake (a rule update that matches
 * everybody, a proxy that was not declared) than so many attackers. Beyond the budget automation freezes: nothing is
 * withdrawn, nothing new is enforced, and a person is called. People's own decisions go on working; `budget.thaw`
 * starts automation again with an empty account.
 */
import type { Act } from '../../core/act.ts'
import type { Finding } from '../../core/finding.ts'
import { HOUR, MINUTE, type Millis } from '../../core/time.ts'
import type { StateSpace } from '../../kit/state.ts'
import { because, type Guard } from '../candidate.ts'

export interface BudgetOptions {
  /** Bans allowed within any minute of log time. */
  readonly perMinute: number
  /** Bans within an hour as a share of the clients seen, 0 to 1. */
  readonly share: number
  /** Below so many bans an hour the share is not asked: of three clients one may well be an attacker. */
  readonly shareFloor: number
}

export const DEFAULT_BUDGET: BudgetOptions = { perMinute: 120, share: 0.5, shareFloor: 60 }

export interface Budget extends Guard {
  /** A ban was put into force. */
  spend(at: Millis): void
  /** What the last ruling changed, to be committed with it; empties itself. */
  takeNews(): { readonly acts: readonly Act[]; readonly findings: readonly Finding[] }
  readonly frozen: boolean
  thaw(by: string, reason: string, at: Millis): boolean
}

interface Account {
  /** The latest bans, oldest first; at most `perMinute`, so that the first tells whether the minute is full. */
  latest: readonly Millis[]
  /** Minutes are counted from here, not from the epoch, so that shifting a recording in time changes nothing. */
  origin: Millis
  /** Bans per minute since `origin`, newest last; an hour of them. */
  minutes: readonly (readonly [minute: number, bans: number])[]
  frozen?: { since: Millis; why: string }
}

/** Disorder that is taken for late logging; what lies further ahead came of a clock that jumped, and is dropped. */
const AHEAD: Millis = 10 * MINUTE
const EMPTY: Account = { latest: [], origin: 0, minutes: [] }

const FOREVER: Millis = Number.MAX_SAFE_INTEGER

export const banBudget = (options: BudgetOptions, state: StateSpace): Budget => {
  const table = state.table<Account>('decide/budget')
  const account = (): Account => table.get('account', 0) ?? EMPTY
  let acts: Act[] = []
  let findings: Finding[] = []

  const freeze = (why: string, at: Millis) => {
    table.put('account', { ...account(), frozen: { since: at, why } }, FOREVER)
    acts.push({ at, actor: 'engine', verb: 'budget.freeze', subject: 'decide', detail: { why } })
    findings.push(finding(why, at, false))
  }

  const guard: Budget = {
    name: 'ban-budget',
    passes: 'within the budget',
    get frozen() {
      return account().frozen !== undefined
    },
    rule({ alert, type, at, simulated }) {
      if (!alert || type === 'watch' || simulated) return undefined
      let { frozen } = account()
      if (!frozen && type === 'ban') {
        const why = exceeded(account(), options, at, alert.conduct?.clientsSeen)
        if (why !== undefined) {
          freeze(why, at)
          frozen = { since: at, why }
        }
      }
      return frozen
        ? {
            kind: 'weaken',
            to: 'watch',
            reason: because('guard.ban_budget', `automation is frozen until a person thaws it: ${frozen.why}`),
          }
        : undefined
    },
    spend(at) {
      const { frozen, ...known } = account()
      const newest = known.latest.at(-1)
      const base = newest !== undefined && newest > at + AHEAD ? EMPTY : known
      const now = Math.max(at, base.latest.at(-1) ?? at)
      const origin = base.minutes.length === 0 ? now : base.origin
      const minute = Math.floor((now - origin) / MINUTE)
      const hour = base.minutes.filter(([m]) => m > minute - HOUR / MINUTE)
      const [last, bans] = hour.at(-1) ?? [-1, 0]
      table.put(
        'account',
        {
          latest: [...base.latest, now].slice(-options.perMinute),
          origin,
          minutes: last === minute ? [...hour.slice(0, -1), [minute, bans + 1]] : [...hour, [minute, 1]],
          ...(frozen ? { frozen } : {}),
        },
        FOREVER,
      )
    },
    takeNews() {
      const news = { acts, findings }
      acts = []
      findings = []
      return news
    },
    thaw(by, reason, at) {
      const { frozen } = account()
      if (!frozen) return false
      table.put('account', EMPTY, FOREVER)
      acts.push({ at, actor: by, verb: 'budget.thaw', subject: 'decide', detail: { reason } })
      findings.push(finding(frozen.why, at, true))
      return true
    },
  }
  return guard
}

const exceeded = (
  { latest, origin, minutes }: Account,
  options: BudgetOptions,
  at: Millis,
  clientsSeen: number | undefined,
): string | undefined => {
  const [oldest] = latest
  if (latest.length >= options.perMinute && oldest !== undefined && oldest <= at && at - oldest < MINUTE)
    return `${latest.length} bans within a minute, as many as are allowed`
  const minute = Math.floor((at - origin) / MINUTE)
  const hour = minutes.reduce((sum, [m, bans]) => (m > minute - HOUR / MINUTE ? sum + bans : sum), 0)
  if (clientsSeen !== undefined && hour >= options.shareFloor && hour + 1 > options.share * clientsSeen)
    return `${hour} bans within an hour among ${clientsSeen} clients seen, allowed is a share of ${options.share}`
  return undefined
}

const finding = (why: string, at: Millis, cleared: boolean): Finding => ({
  code: 'decide.budget_frozen',
  level: 'error',
  subject: 'decide',
  text: `Automation is frozen: ${why}.`,
  remedy:
    'Look at the latest decisions. If they are right, thaw the budget; if not, correct the rule or the trusted proxies first, remove the wrong decisions, then thaw.',
  at,
  ...(cleared ? { cleared: true } : {}),
})
