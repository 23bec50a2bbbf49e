import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { clfTime, ctime, epochInApacheId, epochInId, isoTime, resolveTime, slashTime } from './log-time.ts'

const T = Date.UTC(2026, 2, 6, 9, 15, 2)

test('the notations of the logs', () => {
  assert.equal(ctime('Fri Mar  6 09:15:02 2026'), T)
  assert.equal(ctime('Fri Mar 06 09:15:02.147477 2026'), T + 147)
  assert.equal(clfTime('06/Mar/2026:09:15:02 +0000'), T)
  assert.equal(clfTime('06/Mar/2026:05:45:02.5 -0330'), T + 500)
  assert.equal(slashTime('2026/03/06 09:15:02'), T)
  assert.equal(isoTime('2026-03-06T09:15:02+00:00'), T)
  assert.equal(isoTime('2026-03-06T14:45:02.25+05:30'), T + 250)
  assert.equal(isoTime('2026-03-06T09:15:02Z'), T)
})

test('what the calendar or the notation does not have is no time', () => {
  for (const text of [
    '31/Jun/2026:09:15:02 +0000',
    '06/Mar/2026:24:15:02 +0000',
    '06/Mat/2026:09:15:02 +0000',
    '06/Mar/2026:09:15:02',
    '',
  ])
    assert.ok(Number.isNaN(clfTime(text)), text)
  for (const text of ['2026-03-06T09:15:02', '2026-13-06T09:15:02Z', '2026-03-06 09:15', ''])
    assert.ok(Number.isNaN(isoTime(text)))
  for (const text of ['Fri Mar 32 09:15:02 2026', 'Fri arM  6 09:15:02 2026', 'x', ''])
    assert.ok(Number.isNaN(ctime(text)))
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const read of [ctime, clfTime, slashTime, isoTime, epochInId, epochInApacheId])
        assert.equal(typeof read(text), 'number')
    }),
  )
})

test('any zone of the world is found by the epoch', () => {
  fc.assert(
    fc.property(fc.integer({ min: -48, max: 56 }), fc.integer({ min: 0, max: 4e9 }), (quarters, seconds) => {
      const epoch = seconds * 1000
      assert.equal(
        resolveTime(epoch + quarters * 900_000, epoch, () => 17),
        epoch,
      )
    }),
  )
  assert.equal(
    resolveTime(T, Number.NaN, () => 60),
    T - 3_600_000,
  )
  assert.equal(
    resolveTime(T, T - 7 * 60_000, () => 60),
    T - 3_600_000,
  )
})

test('epochs inside of ids', () => {
  assert.equal(epochInId('177278850242.123456'), T)
  assert.ok(Number.isNaN(epochInId('0123456789abcdef0123456789abcdef')))
  const head = Buffer.alloc(18)
  head.writeUInt32BE(T / 1000)
  assert.equal(epochInApacheId(head.toString('base64url')), T)
  assert.equal(epochInApacheId(head.toString('base64').replaceAll('/', '-').replaceAll('+', '@')), T)
})
