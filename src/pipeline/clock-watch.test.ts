import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOUR, MINUTE, SECOND } from '../core/time.ts'
import { ClockWatch } from './clock-watch.ts'

test('records in order, late by seconds, or after a quiet night are no jump', () => {
  const watch = new ClockWatch()
  for (const time of [0, SECOND, 0, 5 * MINUTE, 4 * MINUTE, 12 * HOUR])
    assert.equal(watch.saw('a', time, 24 * HOUR), undefined)
})

test('a clock set back is told once, with by how much', () => {
  const watch = new ClockWatch()
  watch.saw('a', 5 * HOUR)
  const finding = watch.saw('a', 4 * HOUR)
  assert.equal(finding?.code, 'log.time_backwards')
  assert.match(finding?.text ?? '', /1h/)
  assert.equal(watch.saw('a', 4 * HOUR + SECOND), undefined)
  assert.equal(watch.saw('b', 0), undefined, 'each source has its own clock')
})

test('a clock ahead of ours is told, also by its first record', () => {
  const watch = new ClockWatch()
  assert.equal(watch.saw('a', 10 * MINUTE, 0)?.code, 'log.time_ahead')
  assert.equal(watch.saw('a', 11 * MINUTE, MINUTE), undefined, 'not again at once')
})
