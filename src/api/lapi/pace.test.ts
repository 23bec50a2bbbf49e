import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LARGEST, type Pace, paced, readPace, SMALLEST } from './pace.ts'

/** A client that asks every `interval`, and is busy for so long with `given` entries when it holds `held`. */
const fill = (interval: number, total: number, busy: (given: number, held: number) => number) => {
  let pace: Pace = readPace(undefined)
  let [held, given, seconds, requests] = [0, 0, 0, 0]
  let longest = 0
  const portions: number[] = []
  for (; held < total; requests++) {
    const gap = Math.max(interval, busy(given, held))
    longest = Math.max(longest, gap)
    seconds += gap / 1000
    if (requests > 0) pace = paced(pace, gap, given)
    given = Math.min(pace.portion, total - held)
    held += given
    portions.push(pace.portion)
  }
  return { portions, longest, seconds }
}

/** As measured: the whole set is dumped before every 200; 229 s for 100,000. */
const firewall = (given: number, held: number): number => Math.ceil(given / 200) * held * 0.0091

test('a quick client gets more and more, one like the firewall bouncer what it can do in its interval', () => {
  const quick = fill(10_000, 200_000, () => 5)
  assert.equal(quick.portions.at(-1), LARGEST)
  assert.ok(quick.portions.length < 30)
  const slow = fill(10_000, 100_000, firewall)
  assert.ok(slow.seconds < 600, `${slow.seconds} s; 1,000 at a time take 1,000 s`)
  assert.ok(slow.longest < 25_000, `busy for ${slow.longest} ms at a time; with all at once for 229 s`)
})

test('a client that is always late gets the least; when it recovers, more again', () => {
  let pace: Pace = paced(readPace(undefined), 10_000, 0)
  for (let i = 0; i < 8; i++) pace = paced(pace, 10_000 * 2 ** i, pace.portion)
  assert.equal(pace.portion, SMALLEST)
  for (let i = 0; i < 15; i++) pace = paced(pace, 10_000, pace.portion)
  assert.ok(pace.portion > 5000)
})

test('a request repeated at once does not make every later one late for ever', () => {
  let pace: Pace = { portion: 1000, usual: 10_000 }
  pace = paced(pace, 3, 0)
  for (let i = 0; i < 30; i++) pace = paced(pace, 10_000, pace.portion)
  assert.ok(pace.portion > 1000)
})

test('whatever happens the portion stays in its bounds, and outlives a restart', () => {
  const seen = fc.tuple(fc.nat(1e7), fc.constantFrom(0, 1, 249, 250, 1000, 9999, 10_000, 1e6))
  fc.assert(
    fc.property(fc.array(seen, { maxLength: 60 }), (gaps) => {
      let pace = readPace('{')
      for (const [gap, given] of gaps) {
        pace = paced(pace, gap, given)
        assert.ok(pace.portion >= SMALLEST && pace.portion <= LARGEST && Number.isInteger(pace.portion))
        assert.equal(readPace(JSON.stringify({ pending: [], portion: pace.portion })).portion, pace.portion)
      }
    }),
  )
  for (const [text, portion] of [
    ['{"portion":1e9}', LARGEST],
    ['{"portion":-1}', SMALLEST],
    ['{"portion":"7"}', 1000],
    ['null', 1000],
    [undefined, 1000],
  ] as const)
    assert.equal(readPace(text).portion, portion)
})
