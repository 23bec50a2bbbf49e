/** What the shipped policy must show on a labelled recording, and whether it does. */
import { THRESHOLDS } from '../../src/correlate/evidence/weights.ts'
import { byRole, type Judgement, type Verdict } from './judge.ts'
import type { Truth } from './recording.ts'

export interface Criterion {
  readonly text: string
  readonly found: string
  /** Undefined: reported, not required. */
  readonly ok?: boolean
}

const acted = (v: Verdict): boolean => v.banned || v.throttled

export const criteriaOf = (judgement: Judgement, truth: Truth): Criterion[] => {
  const { verdicts } = judgement
  const innocent = byRole(verdicts, 'innocent')
  const shared = byRole(verdicts, 'shared')
  const attackers = byRole(verdicts, 'attacker')
  const rows: Criterion[] = []
  const must = (text: string, found: string, ok: boolean): void => void rows.push({ text, found, ok })
  const say = (text: string, found: string): void => void rows.push({ text, found })

  const wrong = innocent.filter((v) => v.banned)
  must('innocent addresses banned: none', `${wrong.length} of ${innocent.length}${names(wrong)}`, wrong.length === 0)
  const slowed = innocent.filter(acted)
  const allowed = truth.byRole ? Math.floor(0.03 * innocent.length) : 0
  must(
    `innocent addresses banned or throttled: at most ${truth.byRole ? '3 %' : 'none'}`,
    `${slowed.length} of ${innocent.length}${names(slowed)}`,
    slowed.length <= allowed,
  )
  if (shared.length > 0) {
    const hit = shared.filter((v) => v.banned)
    must('shared addresses banned: none', `${hit.length} of ${shared.length}${names(hit)}`, hit.length === 0)
  }
  must(
    'proxies, forged and other addresses without a client touched: none',
    judgement.strangers.length === 0 ? '0' : judgement.strangers.slice(0, 5).join(' '),
    judgement.strangers.length === 0,
  )

  const atLeast = (n: number): Verdict[] => attackers.filter((v) => v.client.matched >= n)
  const share = (list: readonly Verdict[], test: (v: Verdict) => boolean): [string, number] => {
    const hits = list.filter(test).length
    return [
      `${hits} of ${list.length}${list.length > 0 ? ` (${Math.round((100 * hits) / list.length)} %)` : ''}`,
      list.length === 0 ? 1 : hits / list.length,
    ]
  }
  if (truth.byRole) {
    const [banned10, b10] = share(atLeast(10), (v) => v.banned)
    must('attackers with ≥ 10 matched transactions banned: ≥ 60 %', banned10, b10 >= 0.6)
    const [acted10, a10] = share(atLeast(10), acted)
    must('… banned or throttled: ≥ 95 %', acted10, a10 >= 0.95)
    const [acted3, a3] = share(atLeast(3), acted)
    must('attackers with ≥ 3 matched transactions banned or throttled: ≥ 85 %', acted3, a3 >= 0.85)
  } else {
    const [banned6, b6] = share(atLeast(6), (v) => v.banned)
    must('addresses whose attacks matched rules ≥ 6 times banned: all', banned6, b6 === 1)
  }
  const sprays = attackers.filter((v) => kind(v, /log4shell|shellshock/) && v.injectedAt !== undefined)
  if (sprays.length > 0) {
    const [text, s] = share(sprays, (v) => v.bannedAt === v.injectedAt)
    must('Log4Shell and shellshock sprays banned by their first match', text, s === 1)
  }
  const guessers = attackers.filter(
    (v) => kind(v, /login|xmlrpc|password|bruteforce-browser/) && v.client.matched === 0 && v.client.requests >= 20,
  )
  if (guessers.length > 0) {
    const [text, s] = share(guessers, acted)
    must('password guessing without rules throttled', text, s === 1)
  }

  for (const n of [1, 3, 6, 10]) {
    const list = atLeast(n)
    say(
      `attackers with ≥ ${n} matched: banned · banned or throttled`,
      `${share(list, (v) => v.banned)[0]} · ${share(list, acted)[0]}`,
    )
  }
  say(
    'attackers that no rule saw: banned or throttled',
    share(
      attackers.filter((v) => v.client.matched === 0),
      acted,
    )[0],
  )
  const before = attackers.filter((v) => v.banned)
  say('hostile requests before the ban: median · maximum', spread(before.map((v) => v.hostileBefore)))
  say('… of them not blocked by the WAF itself', spread(before.map((v) => v.unblockedBefore)))
  const peaks = innocent.flatMap((v) => v.peak ?? []).sort((a, b) => b - a)
  if (peaks.length > 0)
    say(
      'margin: ban threshold minus the highest sum of any innocent, in nats',
      `${(THRESHOLDS.ban - peaks[0]!).toFixed(2)} (highest sum ${peaks[0]!.toFixed(2)})`,
    )
  return rows
}

const kind = (v: Verdict, pattern: RegExp): boolean => [...v.client.kinds].some((k) => pattern.test(k))

const names = (list: readonly Verdict[]): string =>
  list.length === 0
    ? ''
    : `: ${list
        .slice(0, 4)
        .map((v) => `${v.client.address} ${[...v.client.kinds].join('+')}`.trim())
        .join(', ')}`

const spread = (numbers: readonly number[]): string => {
  if (numbers.length === 0) return 'no bans'
  const sorted = numbers.toSorted((a, b) => a - b)
  return `${sorted[Math.floor((sorted.length - 1) / 2)]} · ${sorted.at(-1)}`
}
