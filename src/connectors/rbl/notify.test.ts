import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { nameToWire } from '../../dns/wire.ts'
import { createNotifier } from './notify.ts'

test('a change within the second of the one before is told of when its serial can be seen', async (t) => {
  const secondary = createSocket('udp4')
  secondary.bind(0, '127.0.0.1')
  await once(secondary, 'listening')
  const notices: number[] = []
  secondary.on('message', (bytes, from) => {
    notices.push(Date.now())
    bytes[2]! |= 0x80
    secondary.send(bytes, from.port, from.address)
  })
  const notifier = createNotifier({
    zones: [nameToWire('bl.example.net')!],
    secondaries: [{ host: '127.0.0.1', port: secondary.address().port }],
    from: '127.0.0.1',
    key: undefined,
    size: () => 1,
    now: Date.now,
  })
  t.after(() => {
    notifier.close()
    secondary.close()
  })
  notifier.touch()
  await sleep(900)
  notifier.touch()
  const changedAt = Date.now()
  for (let i = 0; notices.length < 2 && i < 100; i++) await sleep(50)
  assert.ok(notices[1]! - changedAt >= 1000, 'the last notice comes in a later second than the last change')
  await sleep(1500)
  assert.equal(notices.length, 2, 'and no more than that')
  assert.equal(notifier.acknowledged, 2)
})
