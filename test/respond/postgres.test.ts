/** The same over PostgreSQL: runs go through their pauses, questions and ends, also when the daemon is another one in between. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '../real/postgres.ts'
import { startDesk } from './desk.ts'
import { openHouse } from './house.ts'
import { THREE_STEPS } from './three-steps.ts'

const server = await startPostgres()

const ASKS = `
name: ask
summary: Asks first.
on: [{ incident: escalated }]
steps:
  - { id: sure, approval: { ask: 'Tell of \${{ case.id }}?', expires: 1h } }
  - { id: ticket, action: desk.open, with: { about: '\${{ case.id }}', note: approved } }
`

test('runs go on with the next daemon', {
  skip: server ? false : 'PostgreSQL is not installed and cannot be',
}, async (t) => {
  t.after(() => server!.stop())
  const desk = await startDesk()
  t.after(() => desk.stop())
  const state = await server!.database()
  const options = { state, desk, playbooks: [THREE_STEPS, ASKS] }
  const first = await openHouse(options)
  desk.down = true
  await first.raise({ incident: 'i-1' }, { incident: 'i-2' }, { kind: 'incident.escalated', incident: 'i-3' })
  for (let i = 0; i < 200 && (await first.store.approvals({ openAt: Date.now(), limit: 1 })).length === 0; i++)
    await sleep(20)
  await first.close()
  desk.down = false
  const second = await openHouse(options)
  const [question] = await second.store.approvals({ openAt: Date.now(), limit: 1 })
  await second.store.vote(question!.id, 'cli:ann', true, Date.now())
  second.responder.nudge()
  await second.settled()
  assert.deepEqual([...desk.held.values()].map(({ about, note }) => `${about} ${note}`).sort(), [
    'i-1 one',
    'i-1 three of true',
    'i-1 two',
    'i-2 one',
    'i-2 three of true',
    'i-2 two',
    'i-3 approved',
  ])
  assert.deepEqual(
    (await second.engine.runs(10)).map(({ state: how }) => how),
    ['done', 'done', 'done'],
  )
  await second.engine.trim(Date.now() + 1000)
  assert.equal((await second.engine.runs(10)).length, 0)
  await second.close()
})
