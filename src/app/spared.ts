/** Whom nothing may restrain, as networks: what points are told to let pass, imports ask first and exports ask last. */
import type { AllowEntry } from '../core/act.ts'
import { type Cidr, parseCidr } from '../core/ip.ts'
import type { Millis } from '../core/time.ts'
import { createGate, type Gate } from '../enforce/gate.ts'
import type { Config } from './config/schema.ts'
import { ownAddresses } from './house.ts'

/** The allowlist of the configuration and of the store (host names have no network), our own, the trusted proxies. */
export const sparedBy = (config: Config, allowlist: Iterable<AllowEntry>, now: Millis): readonly Cidr[] => [
  ...config.decide.allowlist.flatMap(({ value }) => parseCidr(value) ?? []),
  ...config.decide.own,
  ...ownAddresses(),
  ...config.sensors.flatMap((sensor) => sensor.trustedProxies),
  ...[...allowlist].flatMap((entry) =>
    entry.kind === 'host' || (entry.expiresAt ?? Number.POSITIVE_INFINITY) <= now ? [] : (parseCidr(entry.value) ?? []),
  ),
]

export const gateFor = (config: Config, allowlist: readonly AllowEntry[], now: Millis): Gate =>
  createGate(sparedBy(config, allowlist, now))
