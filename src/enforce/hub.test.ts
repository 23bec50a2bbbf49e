import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../core/failure.ts'
import type { Finding } from '../core/finding.ts'
import type { Change, Entry, Sink, Standing } from '../kit/sink.ts'
import type { PointState, Proof } from '../kit/store.ts'
import { decision } from './decision.fixture.ts'
import { Hub } from './hub.ts'

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** An outside that can fail, lose things, and lie: the hub must get it right in the end. */
class Outside implements Sink {
  readonly takes = ['ban'] as const
  readonly set = new Map<string, Entry>()
  readonly changes: Change[] = []
  readonly capacity?: number
  broken = false
  /** The next change arrives half. */
  tear = false
  blind = false

  constructor(capacity?: number) {
    if (capacity !== undefined) this.capacity = capacity
  }

  async sync(change: Change): Promise<void> {
    this.changes.push(change)
    await sleep(1)
    if (this.broken) throw new Failure('OUTSIDE_DOWN', 'nobody answers', { retry: 'backoff', remedy: 'start it' })
    const steps: (() => void)[] = []
    if (change.kind === 'snapshot') {
      steps.push(() => this.set.clear())
      for (const entry of change.entries) steps.push(() => this.set.set(entry.value, entry))
    } else {
      for (const entry of change.removed) steps.push(() => this.set.delete(entry.value))
      for (const entry of change.added) steps.push(() => this.set.set(entry.value, entry))
    }
    if (this.tear) {
      this.tear = false
      for (const step of steps.slice(0, steps.length / 2)) step()
      throw new Failure('OUTSIDE_TORN', 'the connection broke', { retry: 'backoff' })
    }
    for (const step of steps) step()
  }

  async verify(entries: readonly Entry[]): Promise<readonly Standing[]> {
    if (this.blind) return entries.map(() => 'unknown')
    return entries.map((entry) => (this.set.get(entry.value)?.id === entry.id ? 'enforced' : 'absent'))
  }

  async held(): Promise<ReadonlySet<string>> {
    if (this.broken) throw new Failure('OUTSIDE_DOWN', 'nobody answers')
    return new Set(this.set.keys())
  }

  async close(): Promise<void> {}
}

const house = (t: TestContext, auditEvery = 50, pullers: () => readonly PointState[] = () => []) => {
  const findings: Finding[] = []
  const proofs = new Map<string, Proof>()
  let points: readonly PointState[] = []
  const hub = new Hub(
    {
      store: {
        prove: async (rows) => {
          for (const row of rows) proofs.set(`${row.decision} ${row.point} ${row.act}`, row)
        },
        putPoints: async (next) => {
          points = next
        },
      },
      log: SILENT,
      clock: Date.now,
      finding: (finding) => void findings.push(finding),
      auditEvery,
      lagAfter: 300,
      pullers,
    },
    [],
  )
  hub.start()
  t.after(() => hub.close())
  const ban = (value: string, lasts = 60_000) => {
    const one = decision(value, { startsAt: Date.now(), until: Date.now() + lasts })
    hub.apply([one], Date.now())
    return one
  }
  return { hub, findings, proofs, points: () => points, ban }
}

const eventually = async (what: string, check: () => boolean): Promise<void> => {
  for (let i = 0; i < 500; i++, await sleep(10)) if (check()) return
  assert.fail(`did not happen: ${what}`)
}

test('a ban is requested, applied and verified; so is its end', async (t) => {
  const { hub, proofs, ban } = house(t)
  const outside = new Outside()
  hub.add('edge', 'test', outside)
  const one = ban('203.0.113.1')
  await eventually('verified', () => proofs.get(`${one.id} edge block`)?.verifiedAt !== undefined)
  const proof = proofs.get(`${one.id} edge block`)!
  assert.ok(proof.requestedAt <= proof.appliedAt! && proof.appliedAt! <= proof.verifiedAt!)
  hub.apply([{ ...one, withdrawnAt: Date.now() }], Date.now())
  await eventually('gone', () => proofs.get(`${one.id} edge unblock`)?.verifiedAt !== undefined)
  assert.equal(outside.set.size, 0)
})

test('what ends by itself is taken out', async (t) => {
  const { hub, ban } = house(t)
  const outside = new Outside()
  hub.add('edge', 'test', outside)
  ban('203.0.113.1', 400)
  await eventually('in', () => outside.set.size === 1)
  await eventually('out', () => outside.set.size === 0)
})

test('an outside that is down is told of, holds up nobody, and gets everything when it is back', async (t) => {
  const { hub, findings, ban, points } = house(t)
  const sick = new Outside()
  sick.broken = true
  const well = new Outside()
  hub.add('sick', 'test', sick)
  hub.add('well', 'test', well)
  for (let i = 1; i <= 20; i++) ban(`203.0.113.${i}`)
  await eventually('the other has them', () => well.set.size === 20)
  await eventually('told', () => findings.some((f) => f.code === 'enforce.down' && f.subject === 'sick'))
  await eventually('lag told', () => findings.some((f) => f.code === 'enforce.lag' && f.subject === 'sick'))
  await eventually('seen from outside', () => points().find((p) => p.name === 'sick')?.state === 'down')
  sick.broken = false
  await eventually('all of it', () => sick.set.size === 20)
  await eventually('cleared', () => findings.some((f) => f.code === 'enforce.down' && f.cleared === true))
})

test('a change that arrived half is repaired by the whole set', async (t) => {
  const { hub, ban } = house(t)
  const outside = new Outside()
  hub.add('edge', 'test', outside)
  ban('203.0.113.1')
  await eventually('in', () => outside.set.size === 1)
  outside.tear = true
  for (let i = 2; i <= 9; i++) ban(`203.0.113.${i}`)
  await eventually('all', () => outside.set.size === 9)
  assert.equal(outside.changes.filter((c) => c.kind === 'snapshot').length, 2)
})

test('drift in both directions is found, repaired and told', async (t) => {
  const { hub, findings, ban } = house(t)
  const outside = new Outside()
  hub.add('edge', 'test', outside)
  const stranger = ban('203.0.113.1')
  ban('203.0.113.2')
  await eventually('in', () => outside.set.size === 2)
  await sleep(100)
  outside.set.delete('203.0.113.2')
  outside.set.set('203.0.113.99', { ...outside.set.get('203.0.113.1')!, value: '203.0.113.99' })
  await eventually('repaired', () => outside.set.has('203.0.113.2') && !outside.set.has('203.0.113.99'))
  assert.ok(findings.some((f) => f.code === 'enforce.drift' && f.subject === 'edge' && !f.cleared))
  await eventually('cleared', () => findings.some((f) => f.code === 'enforce.drift' && f.cleared === true))
  assert.ok(outside.set.has(stranger.value))
})

test('a full point keeps the most dangerous, and says how many have no room', async (t) => {
  const { hub, points } = house(t)
  const outside = new Outside(10)
  hub.add('small', 'test', outside)
  const feed = Array.from({ length: 30 }, (_, i) =>
    decision(`203.0.113.${i}`, { origin: 'feed:list', startsAt: Date.now(), until: Date.now() + 60_000 }),
  )
  const seen = Array.from({ length: 8 }, (_, i) =>
    decision(`198.51.100.${i}`, { startsAt: Date.now(), until: Date.now() + 60_000 }),
  )
  hub.apply(feed, Date.now())
  hub.apply(seen, Date.now())
  await eventually('ours are in', () => seen.every((d) => outside.set.has(d.value)))
  await eventually('within its capacity', () => outside.set.size <= 10)
  await eventually('said', () => (points().find((p) => p.name === 'small')?.dropped ?? 0) > 0)
})

test('a point that cannot tell leaves a note instead of a proof', async (t) => {
  const { hub, proofs, ban } = house(t)
  const outside = new Outside()
  outside.blind = true
  hub.add('blind', 'test', outside)
  const one = ban('203.0.113.1')
  await eventually('applied', () => proofs.get(`${one.id} blind block`)?.appliedAt !== undefined)
  await sleep(300)
  assert.equal(proofs.get(`${one.id} blind block`)?.verifiedAt, undefined)
})

test('entries of lists are proved as a set, not one by one', async (t) => {
  const { hub, proofs, points } = house(t)
  const outside = new Outside()
  hub.add('edge', 'test', outside)
  hub.apply(
    Array.from({ length: 500 }, (_, i) =>
      decision(`203.0.${i >> 8}.${i & 255}`, { origin: 'feed:x', startsAt: Date.now(), until: Date.now() + 60_000 }),
    ),
    Date.now(),
  )
  await eventually('in', () => outside.set.size === 500)
  await eventually('seen in place', () =>
    points().some(({ auditedAt = 0, appliedAt = Number.POSITIVE_INFINITY }) => auditedAt >= appliedAt),
  )
  assert.equal(proofs.size, 0)
})

test('who fetches by himself and has not for long is told of once, and once when he asks again', async (t) => {
  let state: PointState['state'] = 'steady'
  const since = Date.now()
  const bouncer = () => ({ name: 'bouncer:edge', kind: 'bouncer', state, since, wanted: 0, withheld: 0, dropped: 0 })
  const { findings } = house(t, 50, () => [{ ...bouncer(), drift: 0, at: Date.now() }])
  const told = () => findings.map(({ code, subject, cleared = false }) => [code, subject, cleared])
  await sleep(1200)
  assert.deepEqual(told(), [])
  state = 'down'
  await eventually('told', () => findings.length > 0)
  state = 'steady'
  await eventually('cleared', () => findings.length > 1)
  assert.deepEqual(told(), [
    ['enforce.down', 'bouncer:edge', false],
    ['enforce.down', 'bouncer:edge', true],
  ])
})

test('an outside that never answers does not keep the daemon from ending, a quick one is waited for', async (t) => {
  const { hub, ban } = house(t)
  const outside = new Outside()
  outside.sync = () => new Promise(() => {})
  hub.add('mute', 'test', outside)
  ban('203.0.113.1')
  await sleep(20)
  await hub.remove('mute')
})
