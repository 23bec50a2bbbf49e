/**
 * The few things that came last, found by comparing with each: a text that nearly always is one of few is compared
 * faster than it is hashed for a map, and a flood of unique texts costs no more than a few comparisons.
 */
export interface Recent<T> {
  readonly items: T[]
  /** Where the next one goes. */
  next: number
}

const MOST = 6

export const noneYet = <T>(): Recent<T> => ({ items: [], next: 0 })

export const remember = <T>(recent: Recent<T>, item: T): void => {
  recent.items[recent.next] = item
  recent.next = (recent.next + 1) % MOST
}
