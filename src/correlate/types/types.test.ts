/** What every bucket type keeps. Generators sit on the boundaries (gaps in tenths of the leak), where levels drift. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Millis } from '../../core/time.ts'
import type { BucketType, Drop } from './bucket.ts'
import { counter } from './counter.ts'
import { distinct } from './distinct.ts'
import { LATE } from './in-order.ts'
import { leaky } from './leaky.ts'
import { sequence } from './sequence.ts'
import { trigger } from './trigger.ts'

type Input = { readonly now: Millis; readonly marks?: readonly number[]; readonly is?: number }

const drop = ({ now, marks = [], is = 0 }: Input): Drop => ({ now, marks, passes: (step) => step === is })

/** The times of the overflows. `forget` drops the bucket as a sweep would, as soon as it says that it is empty. */
const play = <B>(type: BucketType<B>, inputs: readonly Input[], forget = false): Millis[] => {
  let bucket: B | undefined
  let until = 0
  const fired: Millis[] = []
  for (const input of inputs) {
    if (forget && until <= input.now) bucket = undefined
    const poured = type.pour(bucket, drop(input))
    bucket = poured.bucket === undefined ? undefined : (JSON.parse(JSON.stringify(poured.bucket)) as B)
    until = poured.until
    if (poured.overflow) fired.push(input.now)
  }
  return fired
}

const gaps = fc.array(fc.nat(20), { minLength: 5, maxLength: 60, size: 'max' })
const marks = fc.array(fc.nat(6), { minLength: 60, maxLength: 60 })
const timed = (g: readonly number[], unit: number, m: readonly number[] = []): Input[] => {
  let now = 1_000_000
  return g.map((n, i) => {
    now += (n * unit) / 10
    return { now, marks: [m[i] ?? i], is: (m[i] ?? i) % 3 }
  })
}
const shifted = (inputs: readonly Input[], by: number) => inputs.map((i) => ({ ...i, now: i.now + by }))

const TYPES: Readonly<Record<string, (n: number) => BucketType<never>>> = {
  leaky: (n) => leaky({ capacity: n, leak: { drops: 1, every: 1000 }, distinct: false }) as BucketType<never>,
  'leaky, distinct': (n) =>
    leaky({ capacity: n, leak: { drops: 1, every: 1000 }, distinct: true, window: 3000 }) as BucketType<never>,
  counter: (n) => counter({ capacity: n, window: 3000 }) as BucketType<never>,
  distinct: (n) => distinct({ capacity: n, window: 3000, of: 'paths' }) as BucketType<never>,
  sequence: (n) => sequence({ times: [n, 1, 2], window: 9000 }) as BucketType<never>,
}

for (const [name, make] of Object.entries(TYPES))
  describe(name, () => {
    const cases = fc.tuple(fc.integer({ min: 1, max: 4 }), gaps, marks)

    test('shifting the clock shifts the overflows and nothing else', () => {
      let fired = 0
      fc.assert(
        fc.property(cases, fc.nat(1e9), ([n, g, m], by) => {
          const inputs = timed(g, 1000, m)
          const plain = play(make(n), inputs)
          fired += plain.length
          assert.deepEqual(
            play(make(n), shifted(inputs, by)).map((t) => t - by),
            plain,
          )
        }),
        { numRuns: 500 },
      )
      assert.ok(fired > 100, `only ${fired} overflows in all cases`)
    })

    test('dropping a bucket that says it is empty changes nothing', () => {
      fc.assert(
        fc.property(cases, ([n, g, m]) => {
          const inputs = timed(g, 1000, m)
          assert.deepEqual(play(make(n), inputs, true), play(make(n), inputs))
        }),
        { numRuns: 500 },
      )
    })

    test('pouring does not change the bucket that was poured from', () => {
      fc.assert(
        fc.property(cases, ([n, g, m]) => {
          let bucket: never | undefined
          for (const input of timed(g, 1000, m)) {
            const before = JSON.stringify(bucket)
            const next = make(n).pour(bucket, drop(input))
            assert.equal(JSON.stringify(bucket), before)
            bucket = next.bucket
          }
        }),
        { numRuns: 200 },
      )
    })

    test('a slightly late drop joins the bucket; one from another time starts its own', () => {
      const type = make(2)
      const first = type.pour(undefined, drop({ now: 10 * LATE, marks: [1] }))
      const late = type.pour(first.bucket, drop({ now: 9 * LATE, marks: [2] }))
      assert.ok(!late.fresh)
      const other = type.pour(first.bucket, drop({ now: 9 * LATE - 1, marks: [2] }))
      assert.equal(other.fresh, true)
      assert.deepEqual(other, type.pour(undefined, drop({ now: 9 * LATE - 1, marks: [2] })))
    })

    test('the bucket stays small whatever comes', () => {
      let bucket: never | undefined
      const type = make(4)
      for (let i = 0; i < 3000; i++) {
        bucket = type.pour(bucket, drop({ now: 1000 + i, marks: [i % 4], is: i % 7 })).bucket
        assert.ok((JSON.stringify(bucket) ?? '').length < 4000)
      }
    })
  })

test('trigger: each event overflows and leaves nothing', () => {
  assert.deepEqual(play(trigger(), [{ now: 1 }, { now: 1 }, { now: 9 }]), [1, 1, 9])
})

describe('leaky', () => {
  const options = fc.record({
    capacity: fc.integer({ min: 1, max: 4 }),
    every: fc.constantFrom(100, 300, 700, 1000, 7000),
  })
  const of = (o: { capacity: number; every: number }) =>
    leaky({ capacity: o.capacity, leak: { drops: 1, every: o.every }, distinct: false })

  test('a client at or below the leak rate never overflows', () => {
    fc.assert(
      fc.property(options, fc.integer({ min: 1, max: 200 }), (o, n) => {
        assert.deepEqual(
          play(
            of(o),
            Array.from({ length: n }, (_, i) => ({ now: i * o.every })),
          ),
          [],
        )
      }),
    )
  })

  test('capacity + 1 drops at one instant always overflow, capacity never', () => {
    fc.assert(
      fc.property(options, (o) => {
        const at = (n: number) => Array.from({ length: n }, () => ({ now: 7 }))
        assert.deepEqual(play(of(o), at(o.capacity)), [])
        assert.deepEqual(play(of(o), at(o.capacity + 1)), [7])
      }),
    )
  })

  test('agrees with a bucket of water poured by hand', () => {
    fc.assert(
      fc.property(options, gaps, (o, g) => {
        let level = 0
        let last = 0
        const expected: Millis[] = []
        const inputs = timed(g, o.every)
        for (const { now } of inputs) {
          // In units of a drop's leak time, in integers: water = drops * every.
          level = Math.max(0, level - (now - last)) + o.every
          last = now
          if (level > o.capacity * o.every) {
            expected.push(now)
            level = 0
          }
        }
        assert.deepEqual(play(of(o), inputs), expected)
      }),
    )
  })

  test('with distinct, one page asked for ever is one drop', () => {
    const type = leaky({ capacity: 2, leak: { drops: 1, every: 1000 }, distinct: true })
    assert.deepEqual(
      play(
        type,
        Array.from({ length: 500 }, (_, i) => ({ now: i * 10, marks: [1] })),
      ),
      [],
    )
    assert.deepEqual(
      play(
        type,
        [1, 2, 3].map((m) => ({ now: 5, marks: [m] })),
      ),
      [5],
    )
  })

  test('article 2: more than 12 answers 404 within a moment, not 12, and not when they are slow', () => {
    const type = leaky({ capacity: 12, leak: { drops: 5, every: 15_000 }, window: 60_000, distinct: true })
    const sweep = (n: number, gap: number) => Array.from({ length: n }, (_, i) => ({ now: i * gap, marks: [i] }))
    assert.equal(play(type, sweep(12, 100)).length, 0)
    assert.equal(play(type, sweep(13, 100)).length, 1)
    assert.equal(play(type, sweep(500, 3000)).length, 0)
    assert.equal(play(type, sweep(500, 2000)).length > 5, true)
  })
})

test('counter agrees with counting by hand', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), gaps, (capacity, g) => {
      const inputs = timed(g, 1000)
      let times: Millis[] = []
      const expected: Millis[] = []
      for (const { now } of inputs) {
        times = [...times.filter((t) => now - t < 3000), now]
        if (times.length > capacity) {
          expected.push(now)
          times = []
        }
      }
      assert.deepEqual(play(counter({ capacity, window: 3000 }), inputs), expected)
    }),
  )
})

test('distinct agrees with a set kept by hand', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), gaps, marks, (capacity, g, m) => {
      const inputs = timed(g, 1000, m)
      let seen = new Map<number, Millis>()
      const expected: Millis[] = []
      for (const { now, marks: [mark] = [] } of inputs) {
        seen = new Map([...seen].filter(([, t]) => now - t < 3000))
        seen.set(mark!, now)
        if (seen.size > capacity) {
          expected.push(now)
          seen = new Map()
        }
      }
      assert.deepEqual(play(distinct({ capacity, window: 3000, of: 'paths' }), inputs), expected)
    }),
  )
})

describe('sequence', () => {
  const type = sequence({ times: [3, 1], window: 1000 })
  const at = (now: Millis, is: number): Input => ({ now, is })

  test('needs every step, as often as asked, in order', () => {
    assert.deepEqual(play(type, [at(1, 0), at(2, 0), at(3, 0), at(4, 1)]), [4])
    assert.deepEqual(play(type, [at(1, 0), at(2, 0), at(3, 1), at(4, 0)]), [])
    assert.deepEqual(play(type, [at(1, 1), at(2, 0), at(3, 0), at(4, 0)]), [])
  })

  test('lets other things pass in between, and starts anew when the window has passed', () => {
    assert.deepEqual(play(type, [at(1, 0), at(2, 7), at(2, 0), at(3, 0), at(3, 9), at(4, 1)]), [4])
    assert.deepEqual(play(type, [at(1, 0), at(2, 0), at(3, 0), at(1001, 1)]), [])
  })
})
