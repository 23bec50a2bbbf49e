import type { Millis } from './time.ts'

/** Something about the installation that a person should know: not an attack, a weakness of the set-up. */
export interface Finding {
  /** Stable and dotted, e.g. `waf.writes_to_rotated_file`. */
  readonly code: string
  readonly level: 'info' | 'warning' | 'error'
  /** What it is about: a path, a sensor. Same code and subject = same finding. */
  readonly subject: string
  readonly text: string
  readonly remedy: string
  readonly at: Millis
  /** True when the cause is gone. */
  readonly cleared?: boolean
}
