/**
 * `riposte replay`: recorded logs through the real house into a fresh, throw-away state. Log time only, nothing outside
 * is touched, and every batch is committed durably, so its speed is the speed of the daemon.
 */

import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync, statSync, type WriteStream } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventJson } from '../core/event-json.ts'
import { Failure } from '../core/failure.ts'
import type { Cidr } from '../core/ip.ts'
import { type ReplayFeed, replay } from '../pipeline/replay.ts'
import { createFileSource } from '../sources/file/index.ts'
import { createStdinSource } from '../sources/stdin/index.ts'
import { openStore } from '../store/open.ts'
import type { Config, FormatChoice, SensorConfig } from './config/schema.ts'
import { buildHouse } from './house.ts'
import { openLane } from './lane.ts'
import { threadReader } from './reading-thread.ts'
import { type ReplaySummary, Tallying } from './summary.ts'

export interface ReplayOptions {
  /** Paths as typed; `-` is standard input. */
  readonly files: readonly string[]
  readonly format: FormatChoice
  readonly config: Config
  /** In addition to those of the configuration's sensors. */
  readonly trustedProxies: readonly Cidr[]
  /** Where to write one event per line. */
  readonly eventsFile?: string
}

/** `bytes` and `total` are in the same unit: for an archive both count compressed bytes. */
export interface Progress {
  readonly bytes: number
  /** Unknown for standard input. */
  readonly total?: number
  readonly records: number
  readonly decisions: number
}

const BATCH = 4000
/** Bytes of log below which starting a thread costs more than it saves. */
const WORTH_A_THREAD = 4_000_000

export const runReplay = async (
  options: ReplayOptions,
  onProgress: (progress: Progress) => void,
): Promise<ReplaySummary> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-replay-'))
  const store = await openStore(join(dir, 'riposte.db'))
  const events = options.eventsFile === undefined ? undefined : await openEvents(options.eventsFile)
  const tallying = new Tallying()
  const started = performance.now()
  const feeds: ReplayFeed[] = []
  try {
    const sensor = replaySensor(options.config, options.trustedProxies)
    const house = buildHouse(options.config, { sensors: [sensor] })
    const total = options.files.includes('-') ? undefined : options.files.reduce((sum, file) => sum + sizeOf(file), 0)
    let bytes = 0
    const elsewhere = (total ?? 0) >= WORTH_A_THREAD && options.files.length < availableParallelism()
    for (const file of options.files) {
      const source = file === '-' ? createStdinSource({}) : createFileSource({ paths: [file], follow: false })
      const spec = house.laneSpec(sensor, source.id, options.format)
      feeds.push({ source, lane: openLane(spec), ...(elsewhere ? { reader: threadReader(spec) } : {}) })
    }
    await replay(
      feeds,
      {
        rooms: house.rooms,
        ledger: store,
        clock: Date.now,
        batchRecords: BATCH,
        observer: tallying,
        onOutcome(outcome) {
          tallying.outcome(outcome)
          if (events && 'event' in outcome) events.write(`${JSON.stringify(eventJson(outcome.event))}\n`)
        },
        onBytes(read) {
          bytes += read
          tallying.read(read)
        },
        async onCommit(commit) {
          if (events?.writableNeedDrain) await once(events, 'drain')
          tallying.committed(commit)
          onProgress({
            bytes,
            ...(total === undefined ? {} : { total }),
            records: tallying.records,
            decisions: tallying.decisionCount,
          })
        },
      },
      new AbortController().signal,
    )
    return tallying.summary((performance.now() - started) / 1000)
  } finally {
    await Promise.all(feeds.map((feed) => feed.reader?.close()))
    if (events) await finish(events)
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** A replay has one sensor: the first of the configuration, or a plain one. Its sources are not read. */
export const replaySensor = (config: Config, extraProxies: readonly Cidr[]): SensorConfig => {
  const first = config.sensors[0]
  const base = first ?? {
    id: 'replay',
    sources: [],
    trustedProxies: [],
    clientHeader: 'auto' as const,
    timezone: 'UTC',
    lineLimit: 1_048_576,
  }
  return { ...base, trustedProxies: [...base.trustedProxies, ...extraProxies] }
}

const sizeOf = (file: string): number => {
  try {
    return statSync(file).size
  } catch (cause) {
    throw new Failure(
      'LOG_UNREADABLE',
      `cannot read ${file}: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`,
      { cause, remedy: 'Give the path of a log file that exists and that this user may read.' },
    )
  }
}

const openEvents = async (file: string): Promise<WriteStream> => {
  const stream = createWriteStream(file)
  try {
    await once(stream, 'open')
  } catch (cause) {
    throw new Failure(
      'EVENTS_UNWRITABLE',
      `cannot write ${file}: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`,
      { cause, remedy: 'Give --events a path in a folder that exists and that this user may write.' },
    )
  }
  return stream
}

const finish = async (stream: WriteStream): Promise<void> => {
  stream.end()
  await once(stream, 'finish')
}
