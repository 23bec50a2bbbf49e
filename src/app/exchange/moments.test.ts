import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DAY, HOUR, MINUTE, SECOND } from '../../core/time.ts'
import { readLength, readMoment } from './moments.ts'

const LENGTHS: readonly [string, number | undefined][] = [
  ['4h', 4 * HOUR],
  ['1h59m37.5s', 2 * HOUR - 22.5 * SECOND],
  ['-22.5s', -22.5 * SECOND],
  ['7D', 7 * DAY],
  ['600', 10 * MINUTE],
  ['-1', Number.POSITIVE_INFINITY],
  ['permanent', Number.POSITIVE_INFINITY],
  ['90m', 90 * MINUTE],
  ['4 hours', undefined],
  ['PT4H', undefined],
  ['٤h', undefined],
  ['', undefined],
  ['h', undefined],
]

const AT = Date.UTC(2026, 10, 26, 3, 41, 23)
const MOMENTS: readonly [string, number | undefined][] = [
  ['2026-11-26T03:41:23Z', AT],
  ['2026-11-26 03:41:23+00:00', AT],
  ['2026-11-26 03:41:23 +0000 UTC', AT],
  ['2026-11-26T05:41:23+0200', AT],
  ['2026-11-26 03:41:23.727982777+00:00', AT + 727],
  ['2026-11-26T03:41', AT - 23 * SECOND],
  ['2026-11-26', Date.UTC(2026, 10, 26)],
  [`${AT / 1000}`, AT],
  [`${AT}`, AT],
  ['2026-13-01', undefined],
  ['26.11.2026', undefined],
  ['tomorrow', undefined],
  ['', undefined],
]

test('lengths of time as Go, fail2ban and people write them', () => {
  for (const [text, expected] of LENGTHS) assert.equal(readLength(text), expected, text)
})

test('moments as RFC 3339, SQLite, Go and Unix write them', () => {
  for (const [text, expected] of MOMENTS) assert.equal(readMoment(text), expected, text)
  assert.ok(readMoment('0001-01-01T00:00:00Z')! < 0, "Go's zero time is before 1970")
})

test('no text makes them throw, or give what is no number', () => {
  const piece = fc.constantFrom('1', '9', '-', '+', ':', '.', 'T', 'Z', ' ', 'h', 'm', 's', 'µs', 'd', 'UTC', '٣')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 20 }).map((all) => all.join('')),
      ),
      (text) => {
        for (const read of [readLength, readMoment]) assert.ok(!Number.isNaN(read(text)))
      },
    ),
  )
})
