import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { keyOfText } from '../../core/network-key.ts'
import { IndexTable } from './index-table.ts'
import { FEW, rowFor, subject } from './listed-rows.fixture.ts'

const COUNT = process.env['RIPOSTE_LONG'] ? 400_000 : 40_000

test('threads that ask while another changes the list never see half a row, nor one of another network', {
  timeout: 120_000,
}, async (t) => {
  const index = new IndexTable()
  const askers = [0, 1].map(
    () =>
      new Worker(new URL('./asker.fixture.ts', import.meta.url), {
        workerData: { memory: index.memory, count: COUNT },
      }),
  )
  t.after(() => Promise.all(askers.map((asker) => asker.terminate())))
  await Promise.all(askers.map((asker) => once(asker, 'message')))
  const put = (n: number): void => {
    const key = keyOfText(subject(n))!
    index.put(key, rowFor(key))
  }
  // From nothing on, so that it grows under their eyes; then rows come and go, and take each other's places.
  for (let n = 0; n < COUNT; n++) put(n)
  for (let round = 0; round < 4; round++) {
    for (let n = round; n < COUNT; n += 3) index.remove(keyOfText(subject(n))!)
    for (let n = COUNT - 1; n >= 0; n -= 2) put(n)
  }
  for (let i = 0; i < 3 * COUNT; i++) {
    index.remove(keyOfText(subject(i % FEW))!)
    index.remove(keyOfText(subject((i + 5) % FEW))!)
    put(i % FEW)
    put((i + 5) % FEW)
  }
  index.begin(2 * COUNT)
  for (let n = 0; n < COUNT; n++) put(n)
  index.complete()
  const reports = askers.map((asker) => once(asker, 'message'))
  for (const asker of askers) asker.postMessage('end')
  for (const [report] of await Promise.all(reports)) {
    assert.deepEqual(report.wrong, [])
    assert.ok(report.found > 1000, `${report.found} found`)
  }
  assert.equal(index.size, COUNT)
  const late = new IndexTable(index.memory)
  for (let n = 0; n < COUNT; n += 97) assert.ok(late.find(keyOfText(subject(n))!, 255, 0))
})
