/**
 * A recording is worth what its truth is worth: every request that we sent is found again in the log of a real server,
 * and nothing else is. Recorded anew in a few seconds, and checked again on what the repository ships.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { documentationAddresses, loopbackAddresses } from '../../scripts/record/address-book.ts'
import { cast } from '../../scripts/record/cast.ts'
import { random } from '../../scripts/record/random.ts'
import { type Logged, readAudit } from '../../scripts/record/read-log.ts'
import { record } from '../../scripts/record/record.ts'
import { RECORDINGS, type Recording } from '../../scripts/record/recordings.ts'
import type { Truth } from '../../scripts/record/truth.ts'
import { APACHE_PACKAGES } from './apache.ts'
import { NGINX_PACKAGES } from './nginx.ts'
import { ensurePackages } from './packages.ts'

const CORPUS = join(import.meta.dirname, '..', '..', 'corpus')

const truthIn = (text: string): Truth[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Truth)

/** Both directions: each request has its record or a known excuse, and each record its request. */
const assertJoined = (truth: readonly Truth[], logged: readonly Logged[]): void => {
  const missing = truth.filter((t) => t.audit_line === null)
  // nginx answers these itself: a target it cannot read, and TRACE.
  for (const t of missing)
    assert.ok([400, 405].includes(t.client_status), `${t.kind} ${t.uri}: no record, yet not refused by nginx`)
  assert.ok(missing.length < truth.length / 20, `${missing.length} of ${truth.length} have no record`)
  assert.equal(logged.length, truth.length - missing.length, 'a record that nobody asked for')
  const byRequest = new Map(logged.map((l) => [l.requestId, l]))
  for (const t of truth) {
    if (t.audit_line === null) continue
    const log = byRequest.get(t.request_id)
    assert.ok(log, `${t.request_id} is not in the log`)
    assert.deepEqual([log.place, log.transactionId, log.rules], [t.audit_line, t.unique_id, t.rules])
    // What CRS finds in a response it can only stop by closing the connection, whatever the log says.
    if (t.client_status !== 0) assert.equal(log.status, t.client_status, `${t.method} ${t.uri}`)
  }
}

const assertTelling = (truth: readonly Truth[]): void => {
  const hits = (rows: readonly Truth[]) => rows.filter((t) => t.rules.length > 0).length / rows.length
  const attacks = truth.filter((t) => t.attack)
  const harmless = truth.filter((t) => !t.attack)
  assert.ok(hits(attacks) > 0.5, `only ${hits(attacks)} of the attacks matched a rule`)
  assert.ok(hits(harmless) > 0.01 && hits(harmless) < 0.4, `${hits(harmless)} of the harmless requests matched a rule`)
  const classes = new Set(attacks.filter((t) => t.rules.length > 0).map((t) => t.cls))
  for (const cls of ['sqli', 'xss', 'lfi', 'rce', 'php', 'java', 'scanner', 'honeypot'])
    assert.ok(classes.has(cls), cls)
  assert.ok(truth.some((t) => t.via_proxy && t.true_client !== t.src_ip && t.xff?.endsWith(t.true_client)))
}

const SHORT = { duration: 4, speed: 60, perKind: 1, perClient: 5 } as const
const short: readonly (Recording & { readonly packages: readonly string[] })[] = [
  {
    name: 'nginx',
    format: 'modsec3-json',
    server: 'nginx',
    parts: 'ABIJDEFHZ',
    errorLog: 'error',
    accessLog: 'access',
    ...SHORT,
    packages: NGINX_PACKAGES,
  },
  {
    name: 'apache',
    format: 'modsec2-json',
    server: 'apache',
    parts: 'ABIJDEFHZ',
    errorLog: 'error',
    accessLog: 'access',
    ...SHORT,
    packages: APACHE_PACKAGES,
  },
]

for (const recording of short)
  test(`${recording.name}: a fresh recording and its truth join`, { timeout: 60_000 }, async (t) => {
    if (!(await ensurePackages(recording.packages)))
      return t.skip(`not installable here: ${recording.packages.join(', ')}`)
    const files = await record(recording, loopbackAddresses(), 7)
    const text = (path: string) => files.find((f) => f.path === path)!.content.toString('latin1')
    const truth = truthIn(text(`${recording.name}.truth.jsonl`))
    assertJoined(truth, readAudit(recording.format, text(`${recording.name}.log`)))
    assertTelling(truth)
    const errors = truthIn(text('error.truth.jsonl')) as (Truth & { error_lines: number[] })[]
    assert.deepEqual(
      errors.map((e) => [...new Set(e.rules)].sort()),
      truth.map((e) => [...new Set(e.rules)].sort()),
      'the error log tells the same rules as the audit log',
    )
    const access = truthIn(text('access.truth.jsonl')) as unknown as { access_line: number | null; uri: string }[]
    const placed = access.filter((a) => a.access_line !== null)
    assert.equal(new Set(placed.map((a) => a.access_line)).size, placed.length, 'one access line each')
    assert.ok(placed.length > access.length * 0.97, `${access.length - placed.length} requests without an access line`)
  })

for (const { name, format } of RECORDINGS)
  test(`corpus/${name}: the shipped truth fits the shipped log`, (t) => {
    const path = join(CORPUS, name)
    if (!existsSync(`${path}.truth.jsonl.gz`)) return t.skip('not recorded yet')
    const truth = truthIn(gunzipSync(readFileSync(`${path}.truth.jsonl.gz`)).toString())
    if (!format.endsWith('concurrent')) {
      assertJoined(truth, readAudit(format, gunzipSync(readFileSync(`${path}.log.gz`)).toString('latin1')))
      return
    }
    const dir = mkdtempSync(join(tmpdir(), 'riposte-corpus-'))
    try {
      execFileSync('tar', ['-xzf', `${path}.tar.gz`, '-C', dir])
      const index = readFileSync(join(dir, 'index.log'), 'latin1')
      assertJoined(truth, readAudit(format, index, format === 'modsec2-concurrent' ? join(dir, 'storage') : dir))
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })

test('the same seed gives the same cast', () => {
  const plan = (seed: number) => JSON.stringify(cast({ seed, addresses: documentationAddresses(random(seed)) }))
  assert.equal(plan(1), plan(1))
  assert.notEqual(plan(1), plan(2))
})

test('no address belongs to an attacker and to an innocent', () => {
  const actors = cast({ seed: 3, addresses: documentationAddresses(random(3)) })
  const of = (role: RegExp) => new Set(actors.filter((a) => role.test(a.role)).map((a) => a.trueClient))
  const attackers = of(/^attacker$/)
  const others = [...of(/innocent/)]
  assert.ok(attackers.size >= 60 && others.length >= 150, `${attackers.size} attackers, ${others.length} others`)
  assert.deepEqual(
    others.filter((a) => attackers.has(a)),
    [],
  )
})
