/**
 * The canary's request: a path that carries who sent it and when, signed, and a query that every rule set takes for an
 * attack and no application does anything with. The path holds everything, because error logs have no query.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Millis } from '../core/time.ts'

export interface Mark {
  readonly sensor: string
  /** The sender's clock, milliseconds. */
  readonly sentAt: Millis
  /** 12 hex digits, unique per canary. */
  readonly nonce: string
}

const FOLDER = '/riposte-canary/'
/** A script tag and nothing else: `alert` is not called unless a page prints the query unescaped, and then says it. */
export const PAYLOAD = 'q=%3Cscript%3Ealert(%27riposte-canary%27)%3C/script%3E'

const macOf = ({ sensor, sentAt, nonce }: Mark, key: string): string =>
  createHmac('sha256', key).update(`riposte-canary\0${sensor}\0${sentAt}\0${nonce}`).digest('hex').slice(0, 32)

/** Path and query below a site's path, which has no slash at its end. */
export const canaryTarget = (below: string, mark: Mark, key: string): string =>
  `${below}${FOLDER}${mark.sensor}/${mark.sentAt.toString(36)}-${mark.nonce}-${macOf(mark, key)}?${PAYLOAD}`

const TOKEN = /\/riposte-canary\/([A-Za-z0-9._-]{1,63})\/([0-9a-z]{1,11})-([0-9a-f]{12})-([0-9a-f]{32})$/

/** What a path says, when it was signed with this key. Total: any text. */
export const readMark = (path: string, key: string): Mark | undefined => {
  // Almost every request is none, and this is asked of each.
  if (!path.includes(FOLDER)) return undefined
  const found = TOKEN.exec(path)
  if (!found) return undefined
  const [, sensor, sent, nonce, mac] = found as unknown as readonly [string, string, string, string, string]
  const mark = { sensor, sentAt: Number.parseInt(sent, 36), nonce }
  return timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(mark, key))) ? mark : undefined
}
