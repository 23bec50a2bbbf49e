/** Entries as the hub sends them, for tests. */
import { parseCidr } from '../../core/ip.ts'
import { reverseName } from '../../dns/reverse-name.ts'
import type { Call, Change, Entry } from '../../kit/sink.ts'

export const call: Call = {
  key: 'test',
  signal: new AbortController().signal,
  log: { debug() {}, info() {}, warn() {}, error() {} },
}

let ids = 0
export const entry = (value: string, more: Partial<Entry> = {}): Entry => ({
  id: `d-${(++ids).toString(16).padStart(24, 'a')}`,
  value,
  type: 'ban',
  attackClass: 'sqli',
  scenario: 'sql-injection',
  origin: 'engine',
  startsAt: Date.now(),
  until: Date.now() + 3_600_000,
  since: 1,
  version: 1,
  ...more,
})

export const snapshot = (entries: readonly Entry[], allow: readonly string[] = []): Change => ({
  kind: 'snapshot',
  entries: Object.assign([...entries], { count: entries.length }),
  allow: allow.map((text) => parseCidr(text)!),
})

export const nameOf = (value: string): string => reverseName(value, parseCidr(value)!.address.toByteArray())
