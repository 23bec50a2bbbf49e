/**
 * The mark: one more text in the zone, another after each of our updates. Each update demands the mark of the one before
 * it (RFC 2136 §2.4.2), so one that meets an older zone (a journal lost, a backup brought back) or a zone that somebody
 * else updates too changes nothing, and is told of at once.
 */
import { randomBytes } from 'node:crypto'

export const MARK = '_riposte'

export const newMark = (): string => randomBytes(9).toString('hex')
