/** Epoch milliseconds, UTC. Everything left of the commit runs on log time: the clock is never asked. */
export type Millis = number

export const SECOND: Millis = 1000
export const MINUTE: Millis = 60 * SECOND
export const HOUR: Millis = 60 * MINUTE
export const DAY: Millis = 24 * HOUR

/** ISO 8601 in UTC with milliseconds. */
export const iso = (time: Millis): string => new Date(time).toISOString()
