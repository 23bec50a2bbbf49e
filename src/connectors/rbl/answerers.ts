/** The further threads that answer, as the list's thread sees them: it starts them, counts with them and ends with them. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Counters } from './responder.ts'
import type { AnswererData } from './thread-data.ts'

export interface Answerers {
  counters(): Promise<readonly Counters[]>
  close(): Promise<unknown>
}

/** How large the objects of an answering thread may get: what it keeps lies in shared memory. */
export const HEAP = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 }

const FILE = new URL(`./answerer${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)

export const startAnswerers = async (count: number, data: AnswererData): Promise<Answerers> => {
  const workers = Array.from({ length: count }, () => new Worker(FILE, { workerData: data, resourceLimits: HEAP }))
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  // The questions that the kernel gave to it get no answer: with it the whole list starts anew.
  for (const worker of workers)
    worker.on('error', (error) => {
      throw error
    })
  return {
    counters: () =>
      Promise.all(
        workers.map(async (worker) => {
          const answer = once(worker, 'message')
          worker.postMessage('report')
          return ((await answer) as [Counters])[0]
        }),
      ),
    close: () => Promise.all(workers.map((worker) => worker.terminate())),
  }
}
