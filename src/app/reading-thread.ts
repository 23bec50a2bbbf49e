/**
 * A reader on a thread of its own, for replays of large logs: framing, parsing and classifying are half of the work and
 * remember nothing, so they can run on another core. Outcomes come back as one line of JSON each: an event is plain
 * JSON by contract, and a text crosses between threads as a copy of bytes, far cheaper than a clone of its objects.
 */
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Failure } from '../core/failure.ts'
import { silent } from '../core/reason.ts'
import type { SourceItem } from '../kit/source.ts'
import type { Outcome } from '../pipeline/engine.ts'
import { localReader, type Reader } from '../pipeline/reader.ts'
import { OutcomeDecoder, OutcomeEncoder } from '../pipeline/wire.ts'
import { type LaneSpec, openLane } from './lane.ts'

interface Waiting {
  resolve(outcomes: Iterable<Outcome>): void
  reject(error: unknown): void
}

export const threadReader = (spec: LaneSpec): Reader => {
  const worker = new Worker(new URL(import.meta.url), { workerData: { reading: spec } })
  const waiting: Waiting[] = []
  const decoder = new OutcomeDecoder()
  let broken: Failure | undefined
  worker.on('message', (lines: readonly string[]) => waiting.shift()!.resolve(decoded(lines, decoder)))
  worker.on('error', (cause) => {
    broken = new Failure('READER_DIED', `the reading thread ended: ${(cause as Error).message}`, {
      cause,
      remedy: 'Report this; nothing of the run was kept.',
    })
    for (const { reject } of waiting.splice(0)) reject(broken)
  })
  return {
    read: (item) => {
      if (broken) throw broken
      worker.postMessage(item)
      const answer = Promise.withResolvers<Iterable<Outcome>>()
      waiting.push(answer)
      // Answers are awaited in order; one that fails while an earlier one is awaited is no unhandled rejection.
      answer.promise.catch(() => {})
      return answer.promise
    },
    close: async () => {
      const gone = once(worker, 'exit')
      worker.postMessage('close')
      await gone
    },
  }
}

function* decoded(lines: readonly string[], decoder: OutcomeDecoder): Iterable<Outcome> {
  for (const line of lines) yield decoder.decode(line)
}

const serve = (spec: LaneSpec): void => {
  const reader = localReader(openLane(spec), silent)
  const encoder = new OutcomeEncoder()
  parentPort!.on('message', (item: SourceItem | 'close') => {
    if (item === 'close') parentPort!.close()
    else parentPort!.postMessage(Array.from(reader.read(item), (outcome) => encoder.encode(outcome)))
  })
}

if (!isMainThread && (workerData as { reading?: LaneSpec } | null)?.reading)
  serve((workerData as { reading: LaneSpec }).reading)
