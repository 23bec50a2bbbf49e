/**
 * Mutated records and random bytes through every parser and framer: nothing throws, nothing hangs, nothing grows.
 * `RIPOSTE_LONG=1` runs 200,000 instead of 4,000 and bounds the time of every single record.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import type { RawRecord } from '../core/event.ts'
import { REJECTION_CODES } from '../core/event.ts'
import { canonicalIp } from '../core/ip.ts'
import type { Parsed } from '../kit/parse.ts'
import { detect, FORMATS } from './formats.ts'
import { readIndexLine } from './modsec-index.ts'

const LONG = process.env['RIPOSTE_LONG'] !== undefined
const RUNS = LONG ? 200_000 : 4_000
/** Of the processor, not of the clock: far above the cost of the largest mutant, far below anything super-linear. */
const LONGEST_MS = 250
const CONTEXT = { zoneMinutes: () => 0 }

/** Deterministic, so that a failure names a seed that shows it again (mulberry32). */
const generator = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
type Random = ReturnType<typeof generator>

const seeds: Buffer[] = FORMATS.filter((format) => format.id !== 'auto').flatMap((format) => {
  const bytes = readFileSync(new URL(`./fixtures/${format.id}.log`, import.meta.url))
  const framer = format.frame({ source: 's', start: 0, limit: 1 << 20 })
  return [...framer.push(bytes, 0), ...framer.end()].map((record) => Buffer.from(record.bytes))
})

const INSERTS = [
  '\0',
  '\xff',
  '\xc3\x28',
  '"',
  '\\',
  '\n',
  '\r\n',
  '] [',
  ' [id "1"]',
  '\\u0000',
  '{"__proto__":{"a":1}}',
  '"headers":{',
  '"constructor":"x","constructor":"y",',
  '1e999',
  '99999999999999999999999999',
  '-0',
  'null',
  '[]',
  '--387c942f-Z--\n',
  '---aB3dE5gH---A--\n',
  ' - ',
  '[client 1.2.3.4] ',
]

const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)]!

const splice = (bytes: Buffer, at: number, remove: number, insert: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])

const mutations: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => {
    const copy = Buffer.from(bytes)
    for (let i = random(8); i >= 0; i--) if (copy.length > 0) copy[random(copy.length)] = random(256)
    return copy
  },
  (bytes, random) => bytes.subarray(0, random(bytes.length + 1)),
  (bytes, random) => bytes.subarray(random(bytes.length + 1)),
  (bytes, random) =>
    splice(bytes, random(bytes.length + 1), random(40), pick(random, seeds).subarray(random(60), random(400))),
  (bytes, random) => splice(bytes, random(bytes.length + 1), 0, bytes.subarray(random(bytes.length + 1))),
  (bytes, random) => splice(bytes, random(bytes.length + 1), 0, Buffer.from(pick(random, INSERTS), 'latin1')),
  (bytes, random) =>
    splice(bytes, random(bytes.length + 1), 0, Buffer.from(pick(random, INSERTS).repeat(random(3000)), 'latin1')),
  (bytes, random) => splice(bytes, random(bytes.length + 1), 0, Buffer.from('['.repeat(random(20_000)))),
  (bytes, random) => splice(bytes, random(bytes.length + 1), 0, Buffer.from('{"a":'.repeat(random(4_000)))),
  (_bytes, random) => Buffer.from(Array.from({ length: random(300) }, () => random(256))),
]

const mutant = (random: Random): Buffer => {
  let bytes = pick(random, seeds)
  for (let i = random(3); i >= 0; i--) bytes = pick(random, mutations)(bytes, random)
  return bytes
}

/** What every transaction promises, whatever it was read from. */
const checkShape = (parsed: Parsed): void => {
  if ('skip' in parsed) {
    assert.equal(typeof parsed.skip, 'string')
    return
  }
  if ('unread' in parsed) {
    assert.ok(REJECTION_CODES.includes(parsed.unread.code))
    assert.ok(parsed.unread.text.length < 200)
    return
  }
  const t = parsed.transaction
  assert.ok(Number.isFinite(t.time))
  assert.equal(canonicalIp(t.peerIp), t.peerIp)
  for (const text of [t.method, t.uri, t.httpVersion, t.transactionId]) assert.equal(typeof text, 'string')
  assert.ok(Number.isSafeInteger(t.status) && t.status >= 0)
  for (const [name, value] of [...t.headers, ...t.responseHeaders])
    assert.ok(typeof name === 'string' && typeof value === 'string')
  for (const match of t.matches) {
    assert.ok(Number.isSafeInteger(match.ruleId) && Number.isSafeInteger(match.line))
    assert.ok(match.severity === undefined || (Number.isInteger(match.severity) && match.severity <= 7))
    assert.ok(match.tags.every((tag) => typeof tag === 'string'))
  }
}

test(`${RUNS} mutants through every parser and framer`, () => {
  const before = process.memoryUsage().heapUsed
  for (let run = 0; run < RUNS; run++) {
    const random = generator(run)
    const bytes = mutant(random)
    const record: RawRecord = { bytes, ref: { source: 's', offset: 0, length: bytes.length } }
    try {
      for (const format of FORMATS) {
        const from = LONG ? process.cpuUsage() : undefined
        checkShape(format.parse(record, CONTEXT))
        if (from) assert.ok(process.cpuUsage(from).user < LONGEST_MS * 1000, `${format.id} took too long`)
      }
      // One format per run is framed as well: with a small limit, in two pieces.
      const format = FORMATS[run % FORMATS.length]!
      const framer = format.frame({ source: 's', start: 0, limit: 4096 })
      const cut = random(bytes.length + 1)
      for (const framed of [
        ...framer.push(bytes.subarray(0, cut), 0),
        ...framer.push(bytes.subarray(cut), cut),
        ...framer.end(),
      ])
        checkShape(format.parse(framed, CONTEXT))
      detect(bytes)
      readIndexLine(bytes.toString('latin1'))
    } catch (cause) {
      throw new Error(`seed ${run}`, { cause })
    }
  }
  assert.ok(process.memoryUsage().heapUsed - before < 400e6)
  assert.equal(({} as Record<string, unknown>)['a'], undefined, 'no prototype was polluted')
})
