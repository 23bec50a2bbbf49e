/** A thread that asks another thread's list without pause, and tells of every answer that nobody put there. */
import { parentPort, workerData } from 'node:worker_threads'
import { keyOfText } from '../../core/network-key.ts'
import { IndexTable } from './index-table.ts'
import { FEW, rowFor, subject } from './listed-rows.fixture.ts'
import type { SharedMemory } from './shared-columns.ts'

const { memory, count } = workerData as { memory: SharedMemory; count: number }
const index = new IndexTable(memory)
let isEnding = false
let [found, missed] = [0, 0]
const wrong: string[] = []
parentPort!.on('message', () => {
  isEnding = true
})
parentPort!.postMessage('asking')

const ask = (n: number): void => {
  const key = keyOfText(subject(n))!
  const row = index.find(key, 255, 0)
  if (!row) missed++
  else {
    found++
    const { high, low, until, code } = rowFor(key)
    if (row.high !== high || row.low !== low || row.until !== until || row.code !== code) wrong.push(subject(n))
  }
}

for (let n = 0; !isEnding; n = (n + 7919) % count) {
  ask(n)
  for (let few = 0; few < FEW; few++) ask(few)
  if (n % 64 === 0) await new Promise(setImmediate)
}
parentPort!.postMessage({ found, missed, wrong: wrong.slice(0, 10) })
