/**
 * What every store must do. `sqlite.test.ts` and `postgres.test.ts` run this one body against real databases.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import type { Decision } from '../../src/core/decision.ts'
import { HOUR } from '../../src/core/time.ts'
import type { DecisionTable } from '../../src/kit/decision-table.ts'
import type { Store } from '../../src/kit/store.ts'
import { EVENT_LIMITS } from '../../src/store/event-limits.ts'
import { openStore } from '../../src/store/open.ts'
import { EVENTS_PER_COMMIT } from './store-child.ts'
import { testEnforcement } from './store-enforcement.ts'
import { nastyEvent, nastyText } from './store-hostile.ts'
import { testOutbox } from './store-outbox.ts'
import { alertOf, commitOf, decisionOf, eventOf, idOf, incidentOf, T0, tallyOf } from './store-values.ts'

export interface StoreBench {
  /** URL of a database that does not exist yet or is empty. */
  fresh(): Promise<string>
  /** URL of a database as schema 1 left it, filled from fixtures/. */
  schema1(): Promise<string>
  /** Runs SQL behind the store's back. */
  tamper(url: string, sql: string): Promise<void>
}

const CHILD = new URL('./store-child.ts', import.meta.url).pathname

export const startChild = (...args: readonly string[]) => {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const first = once(child.stdout, 'data').then(([chunk]) => String(chunk).trim())
  return { child, first, ended: once(child, 'exit') }
}

const heldIn = (table: DecisionTable): Decision[] => [...table.rows()].map((row) => table.decision(row))

const DAY_LATER = T0 + 24 * HOUR
const all = { limit: 1000 }

export const testStore = (name: string, bench: StoreBench): void => {
  describe(`store contract: ${name}`, () => {
    const opened: Store[] = []
    const open = async (url: string): Promise<Store> => {
      const store = await openStore(url)
      opened.push(store)
      return store
    }
    const fresh = async (): Promise<Store> => open(await bench.fresh())
    afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())))

    it('gives back what one commit brought, and goes on with it after a restart', async () => {
      const url = await bench.fresh()
      const store = await open(url)
      const cursor = { source: 'file:a', stream: '8:77', offset: 900, facts: { inode: 77, path: '/a', x: true } }
      const entry = { value: '192.0.2.9', kind: 'ip' as const, reason: 'office', addedAt: T0, addedBy: 'cli:ann' }
      const finding = {
        code: 'waf.writes_to_rotated_file',
        level: 'warning' as const,
        subject: '/var/log/a.1',
        text: 'still written to',
        remedy: 'Use copytruncate.',
        at: T0,
      }
      const rejection = {
        at: T0,
        sensor: 'shop',
        code: 'JSON_INVALID' as const,
        text: 'no JSON',
        raw: { source: 'file:a', offset: 0, length: 3 },
      }
      await store.commit(
        commitOf({
          logTime: T0 + 5,
          cursors: [cursor],
          events: [eventOf(1), eventOf(2)],
          alerts: [alertOf('a-1')],
          incidents: [incidentOf('i-1')],
          decisions: [decisionOf('d-1')],
          allowlist: [{ value: entry.value, entry }],
          state: [{ table: 'bucket', key: '192.0.2.7', value: '{"n":1}', expiresAt: T0 + 60 }],
          tallies: [tallyOf({ bytes: 10, records: 3, events: 2, rejected: { JSON_INVALID: 1 } })],
          rejections: [rejection],
          findings: [finding],
          acts: [{ at: T0, actor: 'system', verb: 'daemon.start', subject: 'shop', detail: { b: 1, a: 'x' } }],
        }),
      )
      await store.close()
      const again = await open(url)
      assert.deepEqual(await again.events({ ids: [idOf(1), idOf(2)], limit: 5 }), [eventOf(2), eventOf(1)])
      assert.deepEqual(await again.alerts(all), [alertOf('a-1')])
      assert.deepEqual(await again.incidents(all), [incidentOf('i-1')])
      assert.deepEqual(await again.decisions(all), [decisionOf('d-1')])
      assert.deepEqual(await again.rejections(5), [rejection])
      assert.deepEqual(await again.tallies(), [
        tallyOf({ bytes: 10, records: 3, events: 2, rejected: { JSON_INVALID: 1 } }),
      ])
      const [act] = await again.acts(5)
      assert.deepEqual(act?.detail, { a: 'x', b: 1 })
      const { decisions: held, ...restored } = await again.restore()
      assert.deepEqual(heldIn(held), [decisionOf('d-1')])
      assert.deepEqual(restored, {
        logTime: T0 + 5,
        cursors: [cursor],
        state: [{ table: 'bucket', key: '192.0.2.7', value: '{"n":1}', expiresAt: T0 + 60 }],
        incidents: [incidentOf('i-1')],
        allowlist: [entry],
        findings: [finding],
      })
      const status = await again.status()
      assert.deepEqual(status.rows, { events: 2, alerts: 1, incidents: 1, decisions: 1, acts: 1 })
      assert.equal(status.watermark.oldestEvent, T0 + 1000)
      assert.ok(status.bytes > 0)
    })

    it('stores an event once, within a commit and across commits', async () => {
      const store = await fresh()
      await store.commit(commitOf({ events: [eventOf(1), eventOf(1), eventOf(2)] }))
      await store.commit(commitOf({ events: [eventOf(2, { severity: 'low' }), eventOf(3)] }))
      assert.deepEqual(
        (await store.events(all)).map((e) => e.id),
        [idOf(3), idOf(2), idOf(1)],
      )
      assert.equal((await store.events({ ids: [idOf(2)], limit: 1 }))[0]?.severity, 'medium')
      assert.equal((await store.status()).rows.events, 3)
    })

    it('reads the same batch twice to the same events, also where old and new ones share a page', async () => {
      const store = await fresh()
      const events = Array.from({ length: 400 }, (_, n) => eventOf(n))
      const changed = (n: number) => eventOf(n, { sensor: 'other' })
      await store.commit(commitOf({ events: events.slice(0, 300) }))
      await store.commit(commitOf({ events: Array.from({ length: 300 }, (_, n) => changed(n)) }))
      await store.commit(commitOf({ events: [changed(5), ...events.slice(250), changed(6)] }))
      assert.equal((await store.status()).rows.events, 400)
      assert.deepEqual(await store.events(all), events.toReversed())
      await store.trim({ maxAge: DAY_LATER, maxBytes: Number.MAX_SAFE_INTEGER, now: DAY_LATER })
      assert.deepEqual(await store.events(all), events.toReversed())
      await store.trim({ maxAge: DAY_LATER - T0 - 100_000, maxBytes: Number.MAX_SAFE_INTEGER, now: DAY_LATER })
      assert.deepEqual(await store.events(all), events.slice(100).toReversed())
    })

    it('finds events by client, time and severity, newest first, over many pages', async () => {
      const store = await fresh()
      const events = Array.from({ length: 300 }, (_, n) =>
        eventOf(n, { severity: n % 3 === 0 ? 'critical' : 'low', clientIp: n % 2 ? '2001:db8::1' : '192.0.2.1' }),
      )
      await store.commit(commitOf({ events }))
      assert.deepEqual(await store.events({ limit: 300 }), events.toReversed())
      const some = await store.events({
        clientIp: '2001:db8::1',
        since: T0 + 100_000,
        until: T0 + 200_000,
        minSeverity: 'high',
        limit: 5,
      })
      const wanted = events.filter((_e, n) => n % 2 === 1 && n % 3 === 0 && n >= 100 && n < 200)
      assert.deepEqual(some, wanted.toReversed().slice(0, 5))
      assert.deepEqual(await store.events({ ids: [], limit: 5 }), [])
      const ids = Array.from({ length: 1200 }, (_, n) => idOf(n))
      assert.equal((await store.events({ ids, limit: 1000 })).length, 300)
    })

    it('keeps hostile text exactly, in every field', async () => {
      const store = await fresh()
      await fc.assert(
        fc.asyncProperty(fc.array(nastyEvent, { minLength: 1, maxLength: 4 }), async (events) => {
          await store.commit(commitOf({ events }))
          for (const event of events) {
            const [back] = await store.events({ ids: [event.id], limit: 1 })
            assert.equal(back?.id, event.id)
          }
        }),
        { numRuns: 60 },
      )
      let n = 0
      await fc.assert(
        fc.asyncProperty(nastyEvent, async (event) => {
          const mine = { ...event, id: idOf(`hostile ${n++}`) }
          await store.commit(commitOf({ events: [mine] }))
          assert.deepEqual(await store.events({ ids: [mine.id], limit: 1 }), [mine])
          assert.ok((await store.events({ clientIp: mine.clientIp, limit: 1000 })).some((e) => e.id === mine.id))
        }),
        { numRuns: 60 },
      )
      await fc.assert(
        fc.asyncProperty(nastyText, nastyText, async (a, b) => {
          const value = `${a}${n++}`
          const decision = decisionOf(`d-${value}`, { value, reason: b, events: [a, b] })
          const alert = alertOf(`a-${value}`, { subject: { scope: 'Ip', value }, sensor: b, events: [a] })
          const incident = incidentOf(`i-${value}`, { subject: { scope: 'Ip', value }, scenarios: [b] })
          const cursor = { source: a, stream: value, offset: 1, facts: { [b]: a } }
          const state = { table: b, key: value, value: JSON.stringify(a), expiresAt: 1 }
          const finding = { code: a, subject: value, level: 'info' as const, text: b, remedy: a, at: 1 }
          const tally = tallyOf({ sensor: a, source: value, bytes: 1 })
          const entry = { value, kind: 'host' as const, reason: a, addedAt: 1, addedBy: b }
          await store.commit(
            commitOf({
              decisions: [decision],
              alerts: [alert],
              incidents: [incident],
              cursors: [cursor],
              state: [state],
              findings: [finding],
              tallies: [tally],
              allowlist: [{ value, entry }],
              acts: [{ at: 1, actor: a, verb: b, subject: value, detail: { [a]: b } }],
            }),
          )
          assert.deepEqual(await store.decisions({ value, limit: 9 }), [decision])
          assert.deepEqual(await store.alerts({ subject: value, limit: 9 }), [alert])
          assert.deepEqual(await store.incidents({ id: incident.id, limit: 9 }), [incident])
          const restored = await store.restore()
          assert.deepEqual(
            restored.cursors.find((c) => c.stream === value),
            cursor,
          )
          assert.deepEqual(
            restored.state.find((s) => s.key === value),
            state,
          )
          assert.deepEqual(
            restored.findings.find((f) => f.subject === value),
            finding,
          )
          assert.deepEqual(
            restored.allowlist.find((x) => x.value === value),
            entry,
          )
          assert.ok((await store.tallies()).some((t) => t.sensor === tally.sensor && t.source === tally.source))
          const [act] = await store.acts(1)
          assert.deepEqual([act?.actor, act?.verb, act?.subject], [a, b, value])
          await store.commit(commitOf({ state: [{ ...state, value: null }], allowlist: [{ value, entry: null }] }))
          const cleaned = await store.restore()
          assert.ok(!cleaned.state.some((s) => s.key === value) && !cleaned.allowlist.some((x) => x.value === value))
          const number = await store.ask({ kind: 'decision.remove', value, reason: b }, a, 1)
          assert.deepEqual((await store.pending()).at(-1), {
            number,
            command: { kind: 'decision.remove', value, reason: b },
            by: a,
            at: 1,
          })
          await store.commit(commitOf({ answers: [{ command: number, ok: true, text: b }] }))
          assert.deepEqual(await store.answer(number), { ok: true, text: b })
        }),
        { numRuns: 40 },
      )
      assert.equal((await store.verifyActs()).brokenAt, undefined)
    })

    it('cuts what is far too long, and times that are none do not stop a commit', async () => {
      const store = await fresh()
      const long = 'x'.repeat(1 << 20)
      const base = eventOf(1)
      await store.commit(
        commitOf({
          events: [
            eventOf(1, {
              request: { ...base.request, uri: long, headers: Array.from({ length: 500 }, () => ['h', long] as const) },
              matches: Array.from({ length: 500 }, () => ({ ...base.matches[0]!, data: long })),
            }),
            eventOf(2, { time: Number.NaN }),
            eventOf(3, { time: Number.POSITIVE_INFINITY }),
          ],
        }),
      )
      const [event] = await store.events({ ids: [idOf(1)], limit: 1 })
      assert.equal(event?.request.uri.length, EVENT_LIMITS.uri)
      assert.ok(event.request.uri.endsWith('x…'))
      assert.equal(event.request.headers.length, EVENT_LIMITS.headers)
      assert.equal(event.matches.length, EVENT_LIMITS.matches)
      assert.equal((await store.events(all)).length, 3)
    })

    it('keeps at most one decision in force per scope and value, extended and never weakened', async () => {
      const store = await fresh()
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              start: fc.integer({ min: 0, max: 20 }),
              length: fc.integer({ min: 1, max: 10 }),
              type: fc.constantFrom('watch', 'throttle', 'captcha', 'ban'),
              simulated: fc.boolean(),
              withdrawn: fc.boolean(),
              id: fc.integer({ min: 0, max: 5 }),
            }),
            { minLength: 1, maxLength: 8 },
          ),
          fc.integer({ min: 1, max: 4 }),
          async (plan, perCommit) => {
            const value = `192.0.2.${++subjects}`
            const decisions = plan.map((p) =>
              decisionOf(`d-${value}-${p.id}`, {
                value,
                type: p.type as Decision['type'],
                simulated: p.simulated,
                startsAt: T0 + p.start,
                until: T0 + p.start + p.length,
                ...(p.withdrawn ? { withdrawnAt: T0 + p.start, withdrawnBy: 'cli' } : {}),
              }),
            )
            for (let i = 0; i < decisions.length; i += perCommit)
              await store.commit(commitOf({ decisions: decisions.slice(i, i + perCommit) }))
            for (let at = T0; at < T0 + 32; at++)
              assert.ok((await store.decisions({ value, activeAt: at, limit: 9 })).length <= 1)
          },
        ),
        { numRuns: 30 },
      )
      const value = '198.51.100.1'
      const first = decisionOf('d-first', { value, until: T0 + 100 })
      await store.commit(commitOf({ decisions: [first] }))
      await store.commit(
        commitOf({
          decisions: [decisionOf('d-second', { value, type: 'throttle', startsAt: T0 + 50, until: T0 + 60 })],
        }),
      )
      const [active] = await store.decisions({ value, activeAt: T0 + 70, limit: 9 })
      assert.deepEqual([active?.id, active?.type, active?.until], ['d-second', 'ban', T0 + 100])
      assert.deepEqual(await store.decisions({ id: 'd-first', limit: 1 }), [
        { ...first, withdrawnAt: T0 + 50, withdrawnBy: 'overlap:d-second' },
      ])
      await store.commit(
        commitOf({
          decisions: [decisionOf('d-shadow', { value, simulated: true, startsAt: T0 + 60, until: T0 + 900 })],
        }),
      )
      assert.equal((await store.decisions({ value, activeAt: T0 + 70, limit: 9 }))[0]?.id, 'd-second')
    })

    it('restores decisions until they are withdrawn or forgotten, whatever the time, and open incidents', async () => {
      const store = await fresh()
      const end = decisionOf('d-over', { value: '192.0.2.1', until: T0 + 10 })
      const live = decisionOf('d-live', { value: '192.0.2.2' })
      const unbanned = decisionOf('d-unbanned', { value: '192.0.2.3', withdrawnAt: T0 + 1, withdrawnBy: 'cli:ann' })
      await store.commit(
        commitOf({
          decisions: [end, live, unbanned],
          incidents: [incidentOf('i-open'), incidentOf('i-shut', { state: 'closed' })],
        }),
      )
      const held = async () => heldIn((await store.restore()).decisions).sort((a, b) => a.until - b.until)
      assert.deepEqual(await held(), [end, live])
      const longer = { ...live, until: T0 + 8 * HOUR }
      await store.commit(commitOf({ logTime: T0 + 90 * HOUR, decisions: [longer] }))
      assert.deepEqual(await held(), [end, longer])
      await store.commit(commitOf({ forgotten: T0 + 9 }))
      assert.deepEqual(await held(), [end, longer])
      await store.commit(commitOf({ forgotten: T0 + 10 }))
      assert.deepEqual(await held(), [longer])
      assert.equal((await store.decisions({ value: end.value, limit: 9 })).length, 1)
      const again = decisionOf('d-again', { value: end.value, startsAt: T0 + 20 })
      await store.commit(commitOf({ decisions: [again] }))
      assert.deepEqual(await held(), [again, longer])
      await store.commit(commitOf({ decisions: [{ ...longer, withdrawnAt: T0 + 30, withdrawnBy: 'cli:ann' }] }))
      assert.deepEqual(await held(), [again])
      assert.deepEqual(
        (await store.restore()).incidents.map((i) => i.id),
        ['i-open'],
      )
      assert.equal((await store.incidents({ open: false, limit: 9 })).length, 1)
    })

    it('adds tallies up and keeps the newest 64 finished cursors per source', async () => {
      const store = await fresh()
      for (let n = 0; n < 3; n++)
        await store.commit(
          commitOf({
            tallies: [
              tallyOf({ bytes: 5, rejected: { JSON_INVALID: 1 } }),
              tallyOf({ bytes: 1, lostBytes: 2, rejected: { JSON_INVALID: 1, RECORD_TORN: 2 } }),
            ],
            cursors: Array.from({ length: 40 }, (_, i) => ({
              source: 'file:a',
              stream: `s${n * 40 + i}`,
              offset: 1,
              facts: {},
              done: true,
            })).concat({ source: 'file:a', stream: 'live', offset: n, facts: {}, done: false }),
          }),
        )
      assert.deepEqual(await store.tallies(), [
        tallyOf({ bytes: 18, lostBytes: 6, rejected: { JSON_INVALID: 6, RECORD_TORN: 6 } }),
      ])
      const cursors = await store.cursors()
      assert.equal(cursors.length, 65)
      assert.ok(cursors.some((c) => c.stream === 'live' && c.offset === 2))
      assert.ok(cursors.some((c) => c.stream === 's119') && !cursors.some((c) => c.stream === 's55'))
    })

    it('does nothing by halves: a commit that fails leaves no trace, and works when repeated', async () => {
      const store = await fresh()
      await store.commit(commitOf({ events: [eventOf(1)] }))
      const circular: Record<string, unknown> = {}
      circular['self'] = circular
      const commit = commitOf({
        events: [eventOf(2)],
        decisions: [decisionOf('d-1')],
        cursors: [{ source: 'a', stream: 'b', offset: 1, facts: circular as never }],
      })
      await assert.rejects(store.commit(commit))
      assert.equal((await store.events(all)).length, 1)
      assert.equal((await store.decisions(all)).length, 0)
      await store.commit({ ...commit, cursors: [] })
      assert.equal((await store.events(all)).length, 2)
    })

    it('carries a commit out once, when the same one is handed in again', async () => {
      const store = await fresh()
      const commit = commitOf({
        tallies: [tallyOf({ bytes: 7 })],
        acts: [{ at: 1, actor: 'engine', verb: 'x', subject: 'y', detail: {} }],
      })
      await store.commit(commit)
      await store.commit(commit)
      assert.equal((await store.tallies())[0]?.bytes, 7)
      assert.equal((await store.acts(9)).length, 1)
    })

    it('shows when the audit trail was altered, thinned, cut at the end or added to', async () => {
      const acts = (n: number) => ({
        at: T0 + n,
        actor: 'cli:ann',
        verb: 'decision.add',
        subject: `${n}`,
        detail: { n },
      })
      const broken = async (sql: string): Promise<number | undefined> => {
        const url = await bench.fresh()
        const store = await open(url)
        for (let n = 1; n <= 5; n++) await store.commit(commitOf({ acts: [acts(n), acts(n + 100)] }))
        assert.deepEqual(await store.verifyActs(), { checked: 10 })
        await bench.tamper(url, sql)
        return (await store.verifyActs()).brokenAt
      }
      assert.equal(await broken(`UPDATE acts SET detail = '{"n":9}' WHERE number = 3`), 3)
      assert.equal(await broken(`UPDATE acts SET actor = 'nobody' WHERE number = 10`), 10)
      assert.equal(await broken('DELETE FROM acts WHERE number = 4'), 4)
      assert.equal(await broken('DELETE FROM acts WHERE number >= 9'), 9)
      assert.equal(await broken('DELETE FROM acts'), 1)
      assert.equal(
        await broken(
          `INSERT INTO acts (number, at, actor, verb, subject, detail, hash) VALUES (11, 1, '', '', '', '{}', '')`,
        ),
        11,
      )
    })

    it('passes commands to the daemon in order, and answers back', async () => {
      const url = await bench.fresh()
      const daemon = await open(url)
      const person = await open(url)
      const ban = {
        kind: 'decision.add' as const,
        type: 'ban' as const,
        value: '192.0.2.7',
        duration: HOUR,
        reason: 'x',
      }
      const one = await person.ask(ban, 'cli:ann', T0)
      const two = await person.ask({ kind: 'budget.thaw', reason: 'y' }, 'cli:bob', T0 + 1)
      assert.deepEqual(
        (await daemon.pending()).map((p) => [p.number, p.by, p.command.kind]),
        [
          [one, 'cli:ann', 'decision.add'],
          [two, 'cli:bob', 'budget.thaw'],
        ],
      )
      assert.equal(await person.answer(one), undefined)
      await daemon.commit(commitOf({ answers: [{ command: one, ok: false, text: 'allowlisted' }] }))
      assert.deepEqual(await person.answer(one), { ok: false, text: 'allowlisted' })
      assert.equal((await daemon.pending()).length, 1)
    })

    it('drops by age and by size, moves the watermark, keeps what is still evidence', async () => {
      const store = await fresh()
      const events = Array.from({ length: 4000 }, (_, n) => eventOf(n))
      for (let i = 0; i < events.length; i += 500) await store.commit(commitOf({ events: events.slice(i, i + 500) }))
      await store.commit(
        commitOf({
          decisions: [
            decisionOf('d-1', { events: [idOf(3)], until: DAY_LATER + 60_000 }),
            decisionOf('d-2', { events: [idOf(4)], value: '192.0.2.8', until: T0 + 10 }),
            decisionOf('d-3', {
              events: [idOf(6)],
              value: '192.0.2.9',
              until: DAY_LATER + 60_000,
              withdrawnAt: T0 + 5,
              withdrawnBy: 'cli',
            }),
          ],
          alerts: [
            alertOf('a-1', { events: [idOf(5)] }),
            alertOf('a-2', { events: [idOf(7)], subject: { scope: 'Ip', value: '203.0.113.5' } }),
          ],
          incidents: [
            incidentOf('i-1'),
            incidentOf('i-2', { subject: { scope: 'Ip', value: '203.0.113.5' }, state: 'closed' }),
          ],
        }),
      )
      const now = DAY_LATER
      const half = T0 + 2_000_000
      const byAge = await store.trim({ maxAge: now - half, maxBytes: Number.MAX_SAFE_INTEGER, now })
      assert.equal(byAge.dropped, 1998)
      assert.deepEqual(
        (await store.events({ until: half, limit: 99 })).map((e) => e.id),
        [idOf(5), idOf(3)],
      )
      const status = await store.status()
      assert.equal(status.rows.events, 2002)
      assert.deepEqual(status.watermark, { oldestEvent: T0 + 3000, droppedEvents: 1998, droppedAt: now })

      const bySize = await store.trim({ maxAge: now, maxBytes: 1, now })
      assert.equal(bySize.dropped, 2000)
      assert.deepEqual(
        (await store.events(all)).map((e) => e.id),
        [idOf(5), idOf(3)],
      )
      await store.commit(
        commitOf({ decisions: [decisionOf('d-1', { events: [idOf(3)], withdrawnAt: T0, withdrawnBy: 'cli' })] }),
      )
      await store.commit(commitOf({ incidents: [incidentOf('i-1', { state: 'closed' })] }))
      assert.deepEqual(await store.trim({ maxAge: 1, maxBytes: Number.MAX_SAFE_INTEGER, now }), { dropped: 2 })
      const end = await store.status()
      assert.deepEqual(end.rows, { events: 0, alerts: 0, incidents: 0, decisions: 0, acts: 0 })
    })

    it('merges the small pages of small commits, and finds every event again, commits going on meanwhile', async () => {
      const store = await fresh()
      const events = Array.from({ length: 700 }, (_, n) => eventOf(n))
      for (const event of events) await store.commit(commitOf({ events: [event] }))
      const policy = { maxAge: DAY_LATER, maxBytes: Number.MAX_SAFE_INTEGER, now: DAY_LATER }
      const before = (await store.status()).bytes
      const trimming = store.trim(policy)
      for (let n = 700; n < 720; n++) {
        await store.commit(commitOf({ events: [eventOf(n)] }))
        assert.equal((await store.events({ ids: [idOf(n - 500)], limit: 1 })).length, 1)
      }
      assert.deepEqual(await trimming, { dropped: 0 })
      assert.deepEqual(await store.trim(policy), { dropped: 0 })
      assert.deepEqual(await store.events(all), Array.from({ length: 720 }, (_, n) => eventOf(n)).toReversed())
      if (name === 'sqlite') assert.ok((await store.status()).bytes < before / 2)
    })

    testEnforcement(fresh)
    testOutbox(fresh)

    it('hands commands over in portions, and keeps of a large one only its answer', async () => {
      const url = await bench.fresh()
      const store = await open(url)
      const entries = Array.from({ length: 5000 }, (_, n) => ({
        value: `198.51.${n >> 8}.${n & 255}`,
        type: 'ban' as const,
        duration: HOUR,
        reason: 'seen in a honeypot of ours, more than once and not by mistake',
      }))
      const asked: number[] = []
      for (let n = 0; n < 4; n++)
        asked.push(await store.ask({ kind: 'decision.import', list: 'drop', entries }, 'cli:ann', T0 + n))
      const done: number[] = []
      for (let portion = await store.pending(); portion.length > 0; portion = await store.pending()) {
        assert.ok(portion.length < asked.length)
        assert.deepEqual(portion[0]?.command, { kind: 'decision.import', list: 'drop', entries })
        await store.commit(commitOf({ answers: portion.map((p) => ({ command: p.number, ok: true, text: 'done' })) }))
        done.push(...portion.map((p) => p.number))
      }
      assert.deepEqual(done, asked)
      assert.deepEqual(await store.answer(asked[3]!), { ok: true, text: 'done' })
      await bench.tamper(url, 'UPDATE commands SET answered_at = NULL')
      await assert.rejects(store.pending(), 'what was asked is gone')
    })

    it('is made once by two processes that start at once', async () => {
      const url = await bench.fresh()
      const children = [startChild('open', url), startChild('open', url)]
      const { schema } = await (async () => {
        const answers = await Promise.all(children.map((c) => c.first))
        const store = await open(url)
        const status = await store.status()
        assert.deepEqual(answers, new Array(2).fill(`schema ${status.schema}`))
        return status
      })()
      assert.ok(schema >= 2)
    })

    it('seats one daemon, and the next one when the first is killed', async () => {
      const url = await bench.fresh()
      const first = startChild('claim', url)
      assert.equal(await first.first, 'true')
      const store = await open(url)
      assert.equal(await store.claim(), false)
      first.child.kill('SIGKILL')
      await first.ended
      let seated = false
      for (let i = 0; i < 50 && !seated; i++) {
        seated = await store.claim()
        if (!seated) await sleep(20)
      }
      assert.equal(seated, true)
      assert.equal(await store.claim(), true)
      const other = await open(url)
      assert.equal(await other.claim(), false)
      await store.commit(commitOf({ events: [eventOf(1)] }))
      await store.close()
      assert.equal(await other.claim(), true)
    })

    it('holds whole commits only, however often the process is killed', async () => {
      const url = await bench.fresh()
      const rounds = process.env['RIPOSTE_LONG'] ? 50 : 4
      let next = 0
      for (let round = 0; round < rounds; round++) {
        const { child, first, ended } = startChild('commit', url, String(next))
        assert.equal(await first, 'started')
        await sleep(20 + Math.floor(Math.random() * 150))
        child.kill('SIGKILL')
        await ended
        const store = await open(url)
        const { cursors, state, logTime } = await store.restore()
        const done = Number(cursors[0]?.offset)
        assert.ok(done >= next)
        next = done + 1
        assert.equal(logTime, done)
        assert.equal(state[0]?.value, String(done))
        const [tally] = await store.tallies()
        assert.deepEqual(
          [tally?.bytes, tally?.events, tally?.rejected.JSON_INVALID],
          [next, next * EVENTS_PER_COMMIT, next],
        )
        const status = await store.status()
        assert.deepEqual([status.rows.events, status.rows.acts], [next * EVENTS_PER_COMMIT, next])
        assert.deepEqual(await store.verifyActs(), { checked: next })
        const last = Array.from({ length: EVENTS_PER_COMMIT }, (_, i) => idOf(done * EVENTS_PER_COMMIT + i))
        assert.equal((await store.events({ ids: last, limit: 99 })).length, EVENTS_PER_COMMIT)
        await store.close()
      }
    })

    it('brings a database of schema 1 up to date with all that is in it', async () => {
      const store = await open(await bench.schema1())
      const status = await store.status()
      assert.ok(status.schema >= 2)
      assert.deepEqual(status.rows, { events: 3, alerts: 1, incidents: 1, decisions: 1, acts: 1 })
      assert.deepEqual(await store.events(all), [eventOf(3), eventOf(2), eventOf(1)])
      assert.deepEqual(await store.decisions(all), [decisionOf('d-1')])
      assert.deepEqual(heldIn((await store.restore()).decisions), [decisionOf('d-1')])
      assert.deepEqual(await store.verifyActs(), { checked: 1 })
      await store.commit(commitOf({ events: [eventOf(3), eventOf(4)], tallies: [tallyOf({ bytes: 300 })] }))
      assert.equal((await store.status()).rows.events, 4)
      assert.equal((await store.tallies())[0]?.bytes, 3000)
      assert.deepEqual(await store.trim({ maxAge: HOUR, maxBytes: Number.MAX_SAFE_INTEGER, now: T0 + 3 * HOUR }), {
        dropped: 2,
      })
    })

    it('says so when a newer program has been here', async () => {
      const url = await bench.fresh()
      const store = await open(url)
      const { schema } = await store.status()
      await store.close()
      await bench.tamper(url, name === 'sqlite' ? 'PRAGMA user_version = 99' : 'INSERT INTO schema_version VALUES (99)')
      await assert.rejects(open(url), (error: { code?: string; message?: string }) => {
        assert.equal(error.code, 'STORE_NEWER')
        assert.match(error.message ?? '', new RegExp(`99.*${schema}`))
        return true
      })
    })
  })
}

let subjects = 0
