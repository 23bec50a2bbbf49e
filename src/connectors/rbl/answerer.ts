/** One more thread that answers by UDP at the same places, out of the list that the list's own thread keeps. */
import { parentPort, workerData } from 'node:worker_threads'
import { IndexTable } from './index-table.ts'
import { Serial } from './serial.ts'
import { type AnswererData, keysOf, listOf } from './thread-data.ts'
import { listenUdp } from './udp.ts'

const data = workerData as AnswererData
const { responder } = listOf(data, new IndexTable(data.index), new IndexTable(data.allow), new Serial(data.serial))
for (const place of data.listen)
  await listenUdp(place, { responder, keys: keysOf(data), rateLimit: data.rateLimit, isShared: true })

// Whatever it is sent asks for what it has counted.
parentPort!.on('message', () => parentPort!.postMessage(responder.counters))
parentPort!.postMessage('ready')
