/**
 * Recorded logs of real servers against the truth of whoever sent the requests. The corpus is not part of the
 * repository; without it these tests skip.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import test from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { Transaction } from '../core/event.ts'
import { detect, formatById } from './formats.ts'
import { readIndexLine } from './modsec-index.ts'

const corpus = new URL('../../../shared/corpus/', import.meta.url)
const skip = existsSync(corpus) ? false : 'no ../shared/corpus beside the repository'
const bytesOf = (name: string): Buffer => gunzipSync(readFileSync(new URL(`${name}.gz`, corpus)))

interface Truth {
  readonly request_id: string
  readonly src_ip: string
  readonly status: number
  readonly rules?: readonly string[]
  readonly unique_id?: string
  readonly audit_http_code?: number
  /** The published request that was sent, the step of it, and whether it was sent encoded. */
  readonly test?: string
  readonly stage?: number
  readonly encoded?: boolean
}

const truthOf = (name: string): Map<string, Truth> =>
  new Map(
    bytesOf(`${name}.truth.jsonl`)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Truth)
      .map((truth) => [truth.request_id, truth]),
  )

/** Ids as one text. Rules 980… only report, and only ModSecurity 2 logs them. */
const idText = (ids: Iterable<number>): string =>
  [...new Set(ids)]
    .filter((id) => id < 980_000)
    .sort((a, b) => a - b)
    .join(' ')
const ruleIds = (t: Transaction): string => idText(t.matches.map((match) => match.ruleId))
const truthIds = (rules: readonly string[]): string => idText(rules.map(Number))

const requestKind = (truth: Truth): string | undefined => truth.test && `${truth.test} ${truth.stage} ${truth.encoded}`

/** What the same published requests matched where the truth lists it: same rules, same engine or its predecessor. */
const matchedElsewhere = (): Map<string, string> => {
  const list = new Map<string, string>()
  for (const truth of truthOf('modsec3-json').values()) {
    const kind = requestKind(truth)
    if (kind && truth.rules) list.set(kind, truthIds(truth.rules))
  }
  return list
}

/** Every transaction; any record that is none fails the test. */
const read = (id: string, bytes: Uint8Array): Transaction[] => {
  const format = formatById(id)!
  const framer = format.frame({ source: 's', start: 0, limit: 1 << 20 })
  const list: Transaction[] = []
  for (const record of [...framer.push(bytes, 0), ...framer.end()]) {
    const parsed = format.parse(record, { zoneMinutes: () => 0 })
    assert.ok('transaction' in parsed || 'skip' in parsed, `${JSON.stringify(parsed)} at ${record.ref.offset}`)
    if ('transaction' in parsed) list.push(parsed.transaction)
  }
  return list
}

const requestId = (t: Transaction): string =>
  t.headers.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1] ?? ''
const AUDIT: readonly (readonly [id: string, name: string, transactions: number, joined: number])[] = [
  ['modsec3-json', 'modsec3-json', 8000, 7900],
  ['modsec3-json', 'modsec3-json-crs4', 1200, 1190],
  ['modsec3-json', 'field', 7662, 7000],
  ['modsec3-native', 'modsec3-native', 600, 590],
  ['modsec2-json', 'modsec2-json', 398, 380],
  ['modsec2-native', 'modsec2-native', 400, 390],
]

for (const [id, name, count, joined] of AUDIT)
  test(`${name}: every transaction is read, and says what the truth says`, { skip }, () => {
    const bytes = bytesOf(`${name}.log`)
    assert.equal(detect(bytes.subarray(0, 1000))?.id, id)
    const truth = truthOf(name)
    const matched = matchedElsewhere()
    const transactions = read(id, bytes)
    assert.equal(transactions.length, count)
    assert.deepEqual(read('auto', bytes), transactions)
    const seen = { joined: 0, rules: 0, wrongRules: 0, wrongStatus: 0, wrongAddress: 0, compared: 0, differing: 0 }
    for (const t of transactions) {
      const fact = truth.get(requestId(t))
      if (!fact) continue
      seen.joined++
      if (fact.src_ip !== t.peerIp) seen.wrongAddress++
      if ((fact.audit_http_code ?? fact.status) !== t.status) seen.wrongStatus++
      if (fact.unique_id !== undefined) assert.equal(t.transactionId, fact.unique_id)
      if (fact.rules) {
        seen.rules++
        if (ruleIds(t) !== truthIds(fact.rules)) seen.wrongRules++
      }
      const elsewhere = fact.rules ? undefined : matched.get(requestKind(fact) ?? '')
      if (elsewhere !== undefined) {
        seen.compared++
        if (elsewhere !== ruleIds(t)) seen.differing++
      }
    }
    assert.ok(seen.joined >= joined, JSON.stringify(seen))
    assert.ok(seen.wrongAddress === 0, JSON.stringify(seen))
    assert.ok(seen.wrongStatus <= seen.joined / 1000, JSON.stringify(seen))
    assert.ok(seen.wrongRules <= seen.rules / 1000, JSON.stringify(seen))
    // Where the truth lists no rules: the two engines read a few requests differently.
    if (seen.rules === 0) assert.ok(seen.compared > 100 && seen.differing <= seen.compared * 0.04, JSON.stringify(seen))
  })

test('modsec3-json: every local time is the epoch of its id', { skip }, () => {
  for (const t of read('modsec3-json', bytesOf('modsec3-json.log')))
    assert.equal(t.time, Number(t.transactionId.slice(0, 10)) * 1000)
})

test('nginx-error: the denials are those of the audit log', { skip }, () => {
  const audit = new Map(read('modsec3-json', bytesOf('modsec3-json.log')).map((t) => [t.transactionId, t]))
  const lines = read('nginx-error', bytesOf('nginx-error.log')).filter((t) => audit.has(t.transactionId))
  assert.ok(lines.length > 1000)
  let cut = 0
  for (const line of lines) {
    const whole = audit.get(line.transactionId)!
    assert.equal(line.peerIp, whole.peerIp)
    // The line is written when the rule denies, the id made when the request came.
    assert.ok(line.time >= whole.time && line.time - whole.time <= 2_000)
    assert.equal(line.status, whole.status)
    // nginx cuts a line after 2,048 bytes, first of all its own words at the end.
    if (line.method === '') cut++
    else assert.equal(line.method, whole.method)
    assert.equal(line.intercepted, true)
    assert.ok(whole.matches.some((match) => match.ruleId === line.matches[0]!.ruleId))
  }
  assert.ok(cut < lines.length / 20, `${cut} of ${lines.length} lines without their request`)
})

test('apache-error: the rules are those of the audit logs', { skip }, () => {
  const audit = new Map(
    [
      ...read('modsec2-json', bytesOf('modsec2-json.log')),
      ...read('modsec2-native', bytesOf('modsec2-native.log')),
    ].map((t) => [t.transactionId, t] as const),
  )
  const lines = read('apache-error', bytesOf('apache-error.log')).filter((t) => audit.has(t.transactionId))
  const found = new Map<string, Set<number>>()
  for (const line of lines) {
    const whole = audit.get(line.transactionId)!
    assert.equal(line.peerIp, whole.peerIp)
    assert.ok(Math.abs(line.time - whole.time) < 5_000)
    const ids = found.get(line.transactionId) ?? new Set()
    for (const match of line.matches) ids.add(match.ruleId)
    found.set(line.transactionId, ids)
  }
  let differing = 0
  for (const [id, ids] of found) if (idText(ids) !== ruleIds(audit.get(id)!)) differing++
  assert.ok(found.size > 200 && differing <= found.size / 100, `${differing} of ${found.size}`)
})

test('access logs: every line, with the status of the truth', { skip }, () => {
  const truth = truthOf('field')
  const lines = read('access-json', bytesOf('field-access.json.log'))
  assert.equal(lines.length, 7827)
  const known = lines.filter((t) => truth.has(requestId(t)))
  assert.ok(known.length > 7000)
  for (const t of known) assert.equal(t.peerIp, truth.get(requestId(t))!.src_ip)
  assert.equal(read('access-json', bytesOf('nginx-access.json.log')).length, 8000)
})

test('concurrent: every index line leads to its transaction', { skip }, () => {
  const archive = new URL('modsec3-json-concurrent.tar.gz', corpus)
  const tar = (...args: string[]): string => execFileSync('tar', [...args], { maxBuffer: 1 << 26, encoding: 'latin1' })
  const names = tar('-tzf', archive.pathname).split('\n')
  const index = names.find((name) => name.endsWith('index.log'))!
  const root = index.slice(0, -'index.log'.length)
  const lines = tar('-xzOf', archive.pathname, index)
    .split('\n')
    .filter((line) => line !== '')
  const files = new Set(names)
  for (const line of lines) {
    const read = readIndexLine(line)
    assert.ok('entry' in read, JSON.stringify(read))
    assert.ok(files.has(`${root}${read.entry.path}`))
  }
  const paths = lines.slice(0, 50).map((line) => {
    const read = readIndexLine(line)
    return 'entry' in read ? `${root}${read.entry.path}` : ''
  })
  const format = formatById('auto')!
  for (const path of paths) {
    const bytes = Buffer.from(tar('-xzOf', archive.pathname, path), 'latin1')
    const parsed = format.parse(
      { bytes, ref: { source: 's', offset: 0, length: bytes.length } },
      { zoneMinutes: () => 0 },
    )
    assert.ok('transaction' in parsed, JSON.stringify(parsed))
    assert.ok(path.endsWith(parsed.transaction.transactionId))
  }
})
