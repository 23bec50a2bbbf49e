/**
 * The lane of one source: how its records are framed, parsed and classified. Described by plain data, so that it can be
 * opened on another thread as well.
 */
import { type ClientHeader, createClassifier } from '../classify/classifier.ts'
import { parseCidr } from '../core/ip.ts'
import { HOUR, MINUTE } from '../core/time.ts'
import type { ParseContext } from '../kit/parse.ts'
import { zoneMinutes } from '../kit/zone.ts'
import { formatById } from '../parse/formats.ts'
import type { Lane } from '../pipeline/engine.ts'
import type { Config, FormatChoice, SensorConfig } from './config/schema.ts'

export interface LaneSpec {
  readonly sensor: string
  readonly source: string
  readonly format: FormatChoice
  readonly timezone: string
  readonly lineLimit: number
  readonly trustedProxies: readonly string[]
  readonly clientHeader: ClientHeader
  readonly redaction: Config['redaction']
  readonly weights: Config['classify']['weights']
  readonly sessionKey: string
}

export const laneSpec = (
  config: Config,
  sessionKey: string,
  sensor: SensorConfig,
  source: string,
  format: FormatChoice,
): LaneSpec => ({
  sensor: sensor.id,
  source,
  format,
  timezone: sensor.timezone,
  lineLimit: sensor.lineLimit,
  trustedProxies: sensor.trustedProxies.map((proxy) => proxy.text),
  clientHeader: sensor.clientHeader,
  redaction: config.redaction,
  weights: config.classify.weights,
  sessionKey,
})

export const openLane = (spec: LaneSpec): Lane => ({
  sensor: spec.sensor,
  source: spec.source,
  format: formatById(spec.format)!,
  parsing: { zoneMinutes: zoneOf(spec.timezone) },
  lineLimit: spec.lineLimit,
  classify: createClassifier({
    trustedProxies: spec.trustedProxies.flatMap((text) => parseCidr(text) ?? []),
    clientHeader: spec.clientHeader,
    redaction: spec.redaction,
    sessionKey: spec.sessionKey,
    weights: severityWeights(spec.weights),
  }),
})

const severityWeights = (weights: LaneSpec['weights']) => ({
  EMERGENCY: weights.emergency,
  ALERT: weights.alert,
  CRITICAL: weights.critical,
  ERROR: weights.error,
  WARNING: weights.warning,
  NOTICE: weights.notice,
})

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
