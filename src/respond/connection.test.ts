import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../core/failure.ts'
import { MINUTE, SECOND } from '../core/time.ts'
import { connectionFixture } from './connection.fixture.ts'

const PASSING = new Failure('DOWN', 'nothing answers', { retry: 'backoff' })
const REFUSED = new Failure('NO', 'it refuses', { retry: 'never' })

test('so many at a time; a place is free when a call is over', () => {
  const connection = connectionFixture({ limit: { perMinute: 100, concurrent: 2 } })
  assert.deepEqual([connection.admit(0), connection.admit(0)], [0, 0])
  assert.ok(connection.admit(0) > 0)
  connection.leave(1, undefined)
  assert.equal(connection.admit(1), 0)
})

test('so many in any minute, over the turn of a minute, too', () => {
  const connection = connectionFixture({ limit: { perMinute: 3, concurrent: 10 } })
  for (const now of [0, 50 * SECOND, 55 * SECOND]) assert.equal(connection.admit(now), 0)
  assert.equal(connection.admit(59 * SECOND), SECOND)
  assert.equal(connection.admit(MINUTE), 0)
  assert.equal(connection.admit(MINUTE), 50 * SECOND)
})

test('five failures in a row open the breaker; longer each time; one call tries, and closes it', () => {
  const connection = connectionFixture({ limit: { perMinute: 1000, concurrent: 10 } })
  const fail = (now: number): void => {
    assert.equal(connection.admit(now), 0)
    connection.leave(now, PASSING)
  }
  for (let i = 0; i < 4; i++) fail(0)
  assert.equal(connection.admit(0), 0, 'four are not yet five')
  connection.leave(0, PASSING)
  assert.equal(connection.admit(0), 5 * SECOND)
  assert.equal(connection.admit(4 * SECOND), SECOND)
  assert.equal(connection.state().trouble, 'nothing answers')

  assert.equal(connection.admit(5 * SECOND), 0, 'half open')
  assert.ok(connection.admit(5 * SECOND) > 0, 'the others wait for what it says')
  connection.leave(5 * SECOND, PASSING)
  assert.equal(connection.admit(5 * SECOND), 10 * SECOND)

  assert.equal(connection.admit(15 * SECOND), 0)
  connection.leave(15 * SECOND, undefined)
  assert.deepEqual([connection.admit(15 * SECOND), connection.admit(15 * SECOND)], [0, 0])
  assert.deepEqual([connection.state().failuresInARow, connection.state().trouble], [0, undefined])
})

test('calls that fail side by side are one failure of the system: its pause is the first one', () => {
  const connection = connectionFixture({ limit: { perMinute: 1000, concurrent: 32 } })
  for (let i = 0; i < 32; i++) assert.equal(connection.admit(0), 0)
  for (let i = 0; i < 32; i++) connection.leave(i, PASSING)
  assert.equal(connection.admit(31), 5 * SECOND - 27)
})

test('a pause grows to ten minutes and no further', () => {
  const connection = connectionFixture()
  let now = 0
  for (let i = 0; i < 30; i++) {
    now += connection.admit(now)
    if (i >= 5) assert.equal(connection.admit(now), 0)
    connection.leave(now, PASSING)
  }
  assert.equal(connection.admit(now), 10 * MINUTE)
})

test('what refuses is healthy; what says when to come back is believed', () => {
  const connection = connectionFixture()
  for (let i = 0; i < 20; i++) {
    assert.equal(connection.admit(0), 0)
    connection.leave(0, REFUSED)
  }
  assert.equal(connection.admit(0), 0)
  connection.leave(0, new Failure('BUSY', 'later', { retry: { after: 90 * SECOND } }))
  assert.equal(connection.admit(SECOND), 89 * SECOND)
})
