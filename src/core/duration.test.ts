import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, parseDuration } from './duration.ts'
import { Failure } from './failure.ts'
import { DAY } from './time.ts'

test('durations read as people write them', () => {
  assert.equal(parseDuration('90s'), 90_000)
  assert.equal(parseDuration('1h30m'), 5_400_000)
  assert.equal(parseDuration('250ms'), 250)
  assert.equal(parseDuration('2w'), 14 * DAY)
})

test('what is no duration is refused with a remedy', () => {
  for (const text of ['', '4', '4 h', '-1h', '0s', '1y', '1e3s', '99999w', 'h', '4h!'])
    assert.throws(
      () => parseDuration(text),
      (e: unknown) => e instanceof Failure && e.code === 'DURATION_INVALID' && e.remedy !== undefined,
      text,
    )
})

test('writing and reading a duration gives it back', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 3650 * DAY }), (ms) => parseDuration(formatDuration(ms)) === ms))
})
