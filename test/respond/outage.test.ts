/**
 * A destination that is down for long, under load. The day is a short one: retries wait 400 ms at most instead of half an
 * hour, so six seconds stand for some seven hours, and 24 for a day (`RIPOSTE_LONG`).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startDesk } from './desk.ts'
import { openHouse } from './house.ts'

const SECONDS = process.env['RIPOSTE_LONG'] === undefined ? 6 : 24
const INCIDENTS = 200

const TELL = `
name: tell
summary: Opens a ticket, and comments it.
on: [{ incident: [opened, updated, closed] }]
steps:
  - { id: open, action: desk.open, with: { about: '\${{ case.id }}', note: '\${{ trigger.kind }}' } }
`

test('all that a day brought is told once, in order per incident, and merged: not one message per trigger', async (t) => {
  const desk = await startDesk()
  t.after(() => desk.stop())
  const house = await openHouse({ desk, playbooks: [TELL] })
  t.after(() => house.close())
  const ids = Array.from({ length: INCIDENTS }, (_, i) => `i-${i}`)
  desk.down = true
  await house.raise(...ids.map((incident) => ({ incident })))
  let triggers = INCIDENTS
  for (const end = Date.now() + SECONDS * 1000; Date.now() < end; await sleep(250)) {
    await house.raise(...ids.map((incident) => ({ kind: 'incident.updated' as const, incident })))
    triggers += INCIDENTS
  }
  await house.raise(...ids.map((incident) => ({ kind: 'incident.closed' as const, incident })))
  triggers += INCIDENTS
  for (let i = 0; i < 400 && (await house.store.triggered(1)).length > 0; i++) await sleep(25)
  const waiting = await house.store.queued({ limit: 10_000 })
  assert.equal(desk.arrived.length, 0)
  assert.ok(waiting.length <= 2 * INCIDENTS, `${waiting.length} entries wait for ${triggers} triggers`)
  assert.ok(waiting.every(({ state }) => state !== 'dead'))

  desk.down = false
  for (let i = 0; i < 6; i++) await house.settled().catch(() => undefined)
  await house.settled()
  const told = new Map<string, string[]>()
  for (const { about, note } of desk.held.values()) told.set(about, [...(told.get(about) ?? []), note])
  assert.deepEqual([...told.keys()].sort(), [...ids].sort())
  for (const [about, notes] of told)
    assert.deepEqual(notes, ['incident.opened', 'incident.closed'], `${about}: what it was, then what became of it`)
  t.diagnostic(`${triggers} triggers, ${desk.held.size} messages, ${desk.arrived.length} deliveries`)
})
