import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Finding } from '../core/finding.ts'
import type { Queued } from '../kit/store.ts'
import { createDeadLetters } from './dead-letters.ts'

test('what is dead is told of once per playbook and number, and cleared when none is left', async () => {
  let dead: readonly string[] = []
  const told: Finding[] = []
  const look = createDeadLetters(
    {
      queued: async ({ state }) =>
        state === 'dead' ? dead.map((playbook) => ({ playbook }) as Queued) : assert.fail('only the dead'),
    },
    (finding) => told.push(finding),
  )
  for (const next of [[], ['respond'], ['respond'], ['respond', 'respond', 'tell'], ['tell'], []]) {
    dead = next
    await look(told.length)
  }
  assert.deepEqual(
    told.map(({ code, subject, text, cleared = false }) => [code, subject, /^\S+ \S+/.exec(text)![0], cleared]),
    [
      ['respond.dead', 'respond', 'one run', false],
      ['respond.dead', 'respond', '2 runs', false],
      ['respond.dead', 'tell', 'one run', false],
      ['respond.dead', 'respond', '0 runs', true],
      ['respond.dead', 'tell', '0 runs', true],
    ],
  )
})
