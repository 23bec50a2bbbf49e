/** What a bouncer holds after the answers it was given: `deleted` first, then `new`, the last word on a value counts. */

export interface Sent {
  readonly value: string
  readonly type: string
  readonly scope: string
  readonly duration: string
  readonly origin: string
}

export interface StreamAnswer {
  readonly new: readonly Sent[] | null
  readonly deleted: readonly Sent[] | null
}

/** Seconds of Go's notation, with the fractions that CrowdSec writes and we do not. */
export const secondsOf = (duration: string): number => {
  const [, sign = '', h = '0', m = '0', s = '0'] = /^(-?)(?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)?$/.exec(duration) ?? []
  if (duration === '' || (!h && !m && !s)) throw new Error(`${duration} is no duration`)
  return (sign === '-' ? -1 : 1) * (3600 * Number(h) + 60 * Number(m) + Number(s))
}

/** A decision without what may differ: `ban Ip 192.0.2.7`. */
export const subjectOf = ({ type, scope, value }: Sent): string => `${type} ${scope} ${value}`

export class BouncerModel {
  /** Value → what is done to it, and until when (in seconds of the clock that `now` gives). */
  readonly held = new Map<string, { readonly subject: string; readonly until: number }>()

  take(answer: StreamAnswer, now: number): void {
    for (const one of answer.deleted ?? []) this.held.delete(one.value)
    for (const one of answer.new ?? [])
      this.held.set(one.value, { subject: subjectOf(one), until: now + secondsOf(one.duration) })
  }

  /** Subjects in force, with the seconds left. */
  at(now: number): ReadonlyMap<string, number> {
    return new Map(
      [...this.held.values()].filter(({ until }) => until > now).map(({ subject, until }) => [subject, until - now]),
    )
  }
}
