/** Reading a list in tests: from text, from a recorded file, cut anywhere; and what is left of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ImportEntry } from '../../core/act.ts'
import { parseCidr } from '../../core/ip.ts'
import { DAY } from '../../core/time.ts'
import { createGate } from '../../enforce/gate.ts'
import { type Gathered, gather } from './gather.ts'
import type { Policy } from './judge.ts'
import type { Source } from './read-list.ts'

/** When the recordings in fixtures/ were made. */
export const RECORDED = Date.UTC(2026, 10, 25, 23, 46)

export const policy = (more: Partial<Policy> & { readonly spare?: readonly string[] } = {}): Policy => ({
  type: 'ban',
  duration: DAY,
  maxDuration: 365 * DAY,
  force: false,
  now: RECORDED,
  gate: createGate((more.spare ?? []).map((text) => parseCidr(text)!)),
  allowed: new Map(),
  ...more,
})

export const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'fixtures', name))

export const gathered = (
  source: Source,
  bytes: Uint8Array | string,
  rules: Policy = policy(),
  cuts: readonly number[] = [],
): Promise<Gathered> => {
  const whole = Buffer.from(bytes)
  const ends = [...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length]
  const chunks = ends
    .map((end, i) => whole.subarray(i === 0 ? 0 : ends[i - 1], end))
    .filter((chunk) => chunk.length > 0)
  return gather(
    source,
    {
      name: 'list',
      chunks: (async function* () {
        yield* chunks
      })(),
    },
    rules,
  )
}

export const entriesOf = ({ harvest }: Gathered): ImportEntry[] =>
  [...harvest.batches(1000)].flat().sort((a, b) => (a.value < b.value ? -1 : 1))

/** `203.0.113.7 ban`, in order. */
export const subjectsOf = (found: Gathered): string[] => entriesOf(found).map(({ value, type }) => `${value} ${type}`)
