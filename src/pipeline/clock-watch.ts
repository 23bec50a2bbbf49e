/**
 * Notices clocks that jump. Nothing is dropped or moved for it: log time is what the log says. But a person must know,
 * because evidence and decisions age by it, and a wrong zone or a server without NTP is easily mended.
 */
import { formatDuration } from '../core/duration.ts'
import type { Finding } from '../core/finding.ts'
import { HOUR, MINUTE, type Millis } from '../core/time.ts'

/** Servers that keep time differ by seconds; records are written within seconds of each other. */
const AHEAD = 2 * MINUTE
const BACKWARDS = 10 * MINUTE
/** The same finding is not repeated more often than that, in log time. */
const AGAIN = HOUR

interface Lane {
  newest: Millis
  saidAt: Millis
}

export class ClockWatch {
  readonly #lanes = new Map<string, Lane>()

  /** `now` is the clock's time of arrival; absent in a replay, where only going backwards can be noticed. */
  saw(source: string, time: Millis, now?: Millis): Finding | undefined {
    const lane = this.#lanes.get(source)
    if (!lane) {
      this.#lanes.set(source, { newest: time, saidAt: Number.NEGATIVE_INFINITY })
      return now !== undefined && time > now + AHEAD ? this.#say(source, time, 'ahead', time - now) : undefined
    }
    if (now !== undefined && time > now + AHEAD) return this.#say(source, time, 'ahead', time - now)
    if (time < lane.newest - BACKWARDS) {
      const by = lane.newest - time
      // From here on this is the present: one jump is one finding.
      lane.newest = time
      return this.#say(source, time, 'backwards', by)
    }
    if (time > lane.newest) lane.newest = time
    return undefined
  }

  #say(source: string, time: Millis, which: 'ahead' | 'backwards', by: Millis): Finding | undefined {
    const lane = this.#lanes.get(source)!
    if (Math.abs(time - lane.saidAt) < AGAIN) return undefined
    lane.saidAt = time
    const text =
      which === 'ahead'
        ? `records are ${formatDuration(by)} ahead of this machine's clock`
        : `log time went back by ${formatDuration(by)}`
    return {
      code: `log.time_${which}`,
      level: 'warning',
      subject: source,
      text,
      remedy:
        'Set the clock of the WAF by NTP; if the log carries no zone, set timezone: of its sensor. Nothing was lost.',
      at: time,
    }
  }
}
