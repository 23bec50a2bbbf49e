/**
 * Builds the rooms left of the commit from the configuration. The daemon, `replay`, `explain` and `check` all live in
 * the house that is built here, so what they say is what runs.
 */
import { networkInterfaces } from 'node:os'
import { createClassifier } from '../classify/classifier.ts'
import { type Cidr, parseCidr } from '../core/ip.ts'
import { HOUR, MINUTE } from '../core/time.ts'
import { createCorrelator } from '../correlate/engine.ts'
import { createEvidence } from '../correlate/evidence/evidence.ts'
import { createIncidents } from '../correlate/incidents.ts'
import { parseScenario, type Scenario } from '../correlate/scenario.ts'
import { createDecider, type DecideOptions } from '../decide/decider.ts'
import type { ParseContext } from '../kit/parse.ts'
import { StateSpace } from '../kit/state.ts'
import type { Restored } from '../kit/store.ts'
import { formatById } from '../parse/formats.ts'
import type { Lane } from '../pipeline/engine.ts'
import type { Judged, Rooms } from '../pipeline/rooms.ts'
import type { Config, FormatChoice, SensorConfig } from './config/schema.ts'
import { zoneMinutes } from './config/zone.ts'
import { readScenarios } from './content.ts'
import { sessionKey } from './session-key.ts'

export interface House {
  readonly rooms: Rooms
  readonly scenarios: readonly Scenario[]
  lane(sensor: SensorConfig, source: string, format: FormatChoice): Lane
  /** What a changed configuration undoes (a decision on somebody who is now allowlisted): belongs into the first commit. */
  readonly undone: Judged
}

/** Sensors beyond those of the configuration, for a replay: their proxies are as exempt as the configured ones. */
export interface HouseOptions {
  readonly sensors?: readonly SensorConfig[]
  readonly restored?: Restored
  /** Keys the session hashes; the state's own unless given (tests that compare runs). */
  readonly sessionKey?: string
  /** The clock's time at which `restored` was read. */
  readonly at?: number
}

export const buildHouse = (config: Config, options: HouseOptions = {}): House => {
  const state = new StateSpace()
  if (options.restored) state.restore(options.restored.state)
  const key = options.sessionKey ?? sessionKey(state)
  const sensors = [...config.sensors, ...(options.sensors ?? [])]

  const scenarios = readScenarios(config.scenarios.path)
    .map(({ file, text }) => parseScenario(text, file))
    .filter((scenario) => !config.scenarios.disabled.includes(scenario.name))
  const evidence = createEvidence({ thresholds: config.evidence }, state)
  const decider = createDecider(decideOptions(config, sensors), state)
  const undone = options.restored
    ? decider.restore(options.restored.decisions, options.restored.allowlist, options.at ?? 0)
    : { decisions: [], acts: [], findings: [] }

  return {
    rooms: {
      state,
      correlator: createCorrelator({ scenarios, evidence }, state),
      incidents: createIncidents({}, state),
      decider,
    },
    scenarios,
    undone,
    lane: (sensor, source, format) => ({
      sensor: sensor.id,
      source,
      format: formatById(format)!,
      parsing: { zoneMinutes: zoneOf(sensor.timezone) },
      lineLimit: sensor.lineLimit,
      classify: createClassifier({
        trustedProxies: sensor.trustedProxies,
        clientHeader: sensor.clientHeader,
        redaction: config.redaction,
        sessionKey: key,
        weights: severityWeights(config.classify.weights),
      }),
    }),
  }
}

/** A zone's offset changes on the hour at most, and asking the calendar costs more than reading the record. */
const zoneOf = (timezone: string): ParseContext['zoneMinutes'] => {
  let hour = Number.NaN
  let minutes = 0
  return (local) => {
    if (Math.floor(local / HOUR) !== hour) {
      hour = Math.floor(local / HOUR)
      // The offset asked for is that of a UTC time; the local time is off by just that offset, so ask twice.
      minutes = zoneMinutes(timezone, local - zoneMinutes(timezone, local) * MINUTE)
    }
    return minutes
  }
}

const severityWeights = (weights: Config['classify']['weights']) => ({
  EMERGENCY: weights.emergency,
  ALERT: weights.alert,
  CRITICAL: weights.critical,
  ERROR: weights.error,
  WARNING: weights.warning,
  NOTICE: weights.notice,
})

const decideOptions = ({ decide, scenarios }: Config, sensors: readonly SensorConfig[]): DecideOptions => ({
  allowlist: decide.allowlist.map(({ value, reason }) => ({
    value,
    kind: parseCidr(value) === undefined ? 'host' : value.includes('/') ? 'range' : 'ip',
    reason,
    addedAt: 0,
    addedBy: 'configuration',
  })),
  own: [...decide.own, ...ownAddresses()],
  trustedProxies: sensors.flatMap((sensor) => sensor.trustedProxies),
  coolOff: { duration: decide.cooloff },
  budget: { perMinute: decide.budget.perMinute, share: decide.budget.shareOfClients },
  ladder: { steps: decide.ladder },
  durations: decide.durations,
  shadow: decide.shadow,
  shadowScenarios: scenarios.shadow,
})

/** This machine's own addresses: banning one of them is banning ourselves. */
const ownAddresses = (): readonly Cidr[] =>
  Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .flatMap((address) => parseCidr(address.address) ?? [])
