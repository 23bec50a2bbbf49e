import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Serial, serialFrom } from './serial.ts'

test('stays until something changes, then shows it from the next second on', () => {
  const serial = serialFrom(100)
  assert.equal(serial.value(100), 100)
  assert.equal(serial.value(107), 100)
  serial.touch(107)
  assert.equal(serial.value(107), 100)
  assert.equal(serial.value(108), 108)
  assert.equal(serial.value(200), 108)
})

test('never goes back, whatever the clock does, and every change gets another; others see the same', () => {
  const step = fc.record({ seconds: fc.integer({ min: -3, max: 3 }), isChange: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const serial = serialFrom(1000)
      const other = new Serial(serial.memory)
      let clock = 1000
      let latest = clock
      let shown = serial.value(clock)
      let before: number | undefined
      for (const { seconds, isChange } of steps) {
        clock += seconds
        latest = Math.max(latest, clock)
        if (isChange) {
          before = serial.value(clock)
          serial.touch(clock)
        }
        const now = serial.value(clock)
        assert.ok(now >= shown)
        shown = now
      }
      const later = latest + 2
      if (before !== undefined) assert.ok(serial.value(later) > before, 'a change was never shown')
      assert.ok(serial.value(later) <= later, 'it ran ahead of the clock')
      assert.equal(other.value(later), serial.value(later))
    }),
    { numRuns: 2000 },
  )
})
