import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StateSpace } from './state.ts'

test('rows die at their time in log time, swept or not', () => {
  const state = new StateSpace()
  const table = state.table<{ n: number }>('bucket')
  table.put('a', { n: 1 }, 100)
  assert.deepEqual(table.get('a', 99), { n: 1 })
  assert.equal(table.get('a', 100), undefined)
  state.sweep(100)
  assert.equal(table.size, 0)
})

test('what was drained restores the same memory', () => {
  const one = new StateSpace()
  one.table<number>('x').put('a', 1, 10)
  one.table<number>('x').put('b', 2, 10)
  one.table<number>('x').delete('b')
  const rows = one.drain()
  assert.deepEqual(
    rows.map((r) => [r.key, r.value]),
    [
      ['a', '1'],
      ['b', null],
    ],
  )
  assert.deepEqual(one.drain(), [], 'only what changed since the last time')
  const two = new StateSpace()
  two.restore(rows)
  assert.equal(two.table<number>('x').get('a', 5), 1)
  assert.equal(two.table<number>('x').get('b', 5), undefined)
})
