/** Whom no decision may restrain, as networks: the gate that an import asks first and an export asks last. */
import type { AllowEntry } from '../../core/act.ts'
import { parseCidr } from '../../core/ip.ts'
import type { Millis } from '../../core/time.ts'
import { createGate, type Gate } from '../../enforce/gate.ts'
import type { Config } from '../config/schema.ts'
import { ownAddresses } from '../house.ts'

export const gateFor = (config: Config, allowlist: readonly AllowEntry[], now: Millis): Gate =>
  createGate([
    ...config.decide.allowlist.flatMap(({ value }) => parseCidr(value) ?? []),
    ...config.decide.own,
    ...ownAddresses(),
    ...config.sensors.flatMap((sensor) => sensor.trustedProxies),
    ...allowlist.flatMap((entry) =>
      entry.kind === 'host' || (entry.expiresAt ?? Number.POSITIVE_INFINITY) <= now
        ? []
        : (parseCidr(entry.value) ?? []),
    ),
  ])
