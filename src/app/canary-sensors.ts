/** Which sensors have a canary, on which reserved address, signed with what. */
import { createHmac } from 'node:crypto'
import type { CanarySensor } from '../canary/ear.ts'
import type { Config } from './config/schema.ts'

/** Addresses of TEST-NET-1 (RFC 5737), which nobody has, in the order of the configuration. A ban ends before the next begins. */
export const canarySensors = (config: Config): readonly CanarySensor[] =>
  config.sensors
    .filter(({ canary }) => canary !== undefined)
    .map(({ id, canary }, i) => ({ id, address: `192.0.2.${i + 1}`, lasts: Math.floor(canary!.every * 0.75) }))

/** Addresses that there are. */
export const MOST_CANARIES = 254

/** Derived, so that what signs canaries is not what hashes sessions. */
export const canaryKey = (sessionKey: string): string => createHmac('sha256', sessionKey).update('canary').digest('hex')
