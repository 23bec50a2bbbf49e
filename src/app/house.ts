/**
 * Builds the rooms left of the commit from the configuration. The daemon, `replay`, `explain` and `check` all live in
 * the house that is built here, so what they say is what runs.
 */
import { networkInterfaces } from 'node:os'
import { createEar, type Ear } from '../canary/ear.ts'
import { type Cidr, parseCidr } from '../core/ip.ts'
import { createCorrelator } from '../correlate/engine.ts'
import { createEvidence } from '../correlate/evidence/evidence.ts'
import { createIncidents } from '../correlate/incidents.ts'
import { parseScenario, type Scenario } from '../correlate/scenario.ts'
import { createDecider, type DecideOptions } from '../decide/decider.ts'
import { StateSpace } from '../kit/state.ts'
import type { Restored } from '../kit/store.ts'
import type { Lane } from '../pipeline/engine.ts'
import type { Judged, Rooms } from '../pipeline/rooms.ts'
import { canaryKey, canarySensors } from './canary-sensors.ts'
import type { Config, FormatChoice, SensorConfig } from './config/schema.ts'
import { readScenarios } from './content.ts'
import { type LaneSpec, laneSpec, openLane } from './lane.ts'
import { sessionKey } from './session-key.ts'

export interface House {
  readonly rooms: Rooms
  readonly scenarios: readonly Scenario[]
  readonly canary: { readonly ear: Ear; readonly key: string }
  lane(sensor: SensorConfig, source: string, format: FormatChoice): Lane
  laneSpec(sensor: SensorConfig, source: string, format: FormatChoice): LaneSpec
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

  const signing = canaryKey(key)
  const ear = createEar({ sensors: canarySensors(config), key: signing, shadow: config.decide.shadow })
  const house: House = {
    canary: { ear, key: signing },
    rooms: {
      state,
      canary: ear,
      correlator: createCorrelator({ scenarios, evidence }, state),
      incidents: createIncidents({}, state),
      decider,
    },
    scenarios,
    undone,
    lane: (sensor, source, format) => openLane(house.laneSpec(sensor, source, format)),
    laneSpec: (sensor, source, format) => laneSpec(config, key, sensor, source, format),
  }
  return house
}

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
export const ownAddresses = (): readonly Cidr[] =>
  Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .flatMap((address) => parseCidr(address.address) ?? [])
