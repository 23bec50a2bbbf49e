/**
 * The SOA serial: the unix second of the last change, at most one step a second. So it never runs ahead of the clock,
 * and a restart, which begins at the present second, never goes back (RFC 1982 would make secondaries stay stale).
 */
export interface Serial {
  /** The list has changed. */
  touch(): void
  value(seconds: number): number
}

export const createSerial = (start: number): Serial => {
  let current = start
  let touched = false
  return {
    touch() {
      touched = true
    },
    value(seconds) {
      if (touched && seconds > current) {
        current = seconds
        touched = false
      }
      return current
    },
  }
}
