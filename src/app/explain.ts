/**
 * `riposte explain`: one record through the real house with everybody's reasons written down. The records before it in
 * the input are poured first, in silence: they are its history, and without them an explanation would explain another run.
 */
import type { Alert } from '../core/alert.ts'
import type { Decision } from '../core/decision.ts'
import type { Event, RawRecord, RawRef, Rejection } from '../core/event.ts'
import { Failure } from '../core/failure.ts'
import type { Cidr } from '../core/ip.ts'
import { type Reason, silent } from '../core/reason.ts'
import type { SourceItem } from '../kit/source.ts'
import { detect } from '../parse/formats.ts'
import { Batch } from '../pipeline/batch.ts'
import { interpret, type Lane, type Outcome, take } from '../pipeline/engine.ts'
import { Listener } from '../pipeline/observer.ts'
import { Streams } from '../pipeline/streams.ts'
import { createFileSource } from '../sources/file/index.ts'
import { createStdinSource } from '../sources/stdin/index.ts'
import type { Config, FormatChoice } from './config/schema.ts'
import { buildHouse } from './house.ts'
import { replaySensor } from './replay.ts'

export interface ExplainOptions {
  /** A path, or `-` for standard input. */
  readonly file: string
  readonly format: FormatChoice
  readonly config: Config
  readonly trustedProxies: readonly Cidr[]
  /** A number (1 is the first), a transaction id or an event id; absent: the last record. */
  readonly record?: string
}

export interface Explanation {
  /** 1-based, and how many records the input holds up to it. */
  readonly record: number
  readonly format: string
  readonly raw: RawRef
  /** Everything that the stages said about this record, in order. */
  readonly reasons: readonly Reason[]
  /** Exactly one of `event`, `rejection`, `ignored` is there. */
  readonly event?: Event
  readonly rejection?: Rejection
  readonly ignored?: string
  readonly alerts: readonly Alert[]
  readonly decisions: readonly Decision[]
}

export const explainRecord = async (options: ExplainOptions): Promise<Explanation> => {
  const sensor = replaySensor(options.config, options.trustedProxies)
  const { rooms, lane: laneOf } = buildHouse(options.config, { sensors: [sensor] })
  const source =
    options.file === '-' ? createStdinSource({}) : createFileSource({ paths: [options.file], follow: false })
  const lane = laneOf(sensor, source.id, options.format)
  const batch = new Batch()

  let number = 0
  let last: RawRecord | undefined
  const explain = (record: RawRecord): Explanation => {
    batch.seal(0, [])
    const listener = new Listener()
    const outcome = take(record, lane, rooms, batch, listener)
    const { alerts, decisions } = batch.seal(0, [])
    return {
      record: number,
      format: lane.format.id === 'auto' ? (detect(record.bytes)?.id ?? 'auto') : lane.format.id,
      raw: record.ref,
      reasons: listener.reasons,
      alerts,
      decisions,
      ...finding(outcome),
    }
  }

  for await (const record of recordsOf(source.read([], new AbortController().signal), lane)) {
    if (options.record === undefined) {
      if (last) take(last, lane, rooms, batch, silent)
      last = record
      number++
    } else {
      number++
      if (isWanted(options.record, number, () => interpret(record, lane, silent))) return explain(record)
      take(record, lane, rooms, batch, silent)
    }
    if (batch.records > 10_000) batch.seal(0, [])
  }
  if (last) return explain(last)
  throw new Failure(
    'RECORD_MISSING',
    options.record === undefined
      ? `${options.file} holds no record`
      : `${options.file} holds no record ${JSON.stringify(options.record)} (${number} records read)`,
    {
      remedy:
        options.record === undefined
          ? 'Give a log that holds at least one whole record.'
          : 'Give --record a number from 1, a transaction id or an event id of this file.',
    },
  )
}

async function* recordsOf(items: AsyncIterable<SourceItem>, lane: Lane): AsyncGenerator<RawRecord> {
  const streams = new Streams(lane)
  for await (const item of items) {
    if (item.kind === 'bytes') yield* streams.bytes(item).records
    else if (item.kind === 'end') yield* streams.end(item).records
  }
}

const isWanted = (wanted: string, number: number, look: () => Outcome): boolean => {
  if (/^\d{1,9}$/.test(wanted)) return number === Number(wanted)
  const outcome = look()
  return 'event' in outcome && (outcome.event.id === wanted || outcome.event.transactionId === wanted)
}

const finding = (outcome: Outcome): Pick<Explanation, 'event' | 'rejection' | 'ignored'> =>
  'event' in outcome ? { event: outcome.event } : outcome
