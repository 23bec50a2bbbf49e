/**
 * Ids derived from content, so that the same bytes read twice give the same id.
 * 96 bits of SHA-256: at a billion events the chance of one collision is about 1 in 10^11.
 */
import { hash } from 'node:crypto'

const short = (text: string | Uint8Array): string => hash('sha256', text, 'hex').slice(0, 24)

/** `e-…` of a record: the sensor keys it, so two sensors that log the same bytes stay apart. */
export const eventId = (sensorKey: string, bytes: Uint8Array): string =>
  `e-${hash('sha256', Buffer.concat([Buffer.from(sensorKey), bytes]), 'hex').slice(0, 24)}`

/** `a-…`, `i-…`, `d-…` of the facts that identify an alert, an incident or a decision. */
export const derivedId = (prefix: 'a' | 'i' | 'd', ...parts: readonly (string | number)[]): string =>
  `${prefix}-${short(parts.join('\u0000'))}`
