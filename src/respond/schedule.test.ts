import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePlaybook } from './playbook.ts'
import { playbookOf } from './run.fixture.ts'
import { dueOf, isCron } from './schedule.ts'

const at = (time: string): number => Date.parse(`2026-11-27T${time}Z`)

test('a schedule is due once, at its minute, in UTC', () => {
  const playbook = parsePlaybook(playbookOf('- wait: 1s', "on: [{ schedule: '30 6 * * *' }]"), 'p.yaml')
  assert.deepEqual(dueOf(playbook, at('06:00:00'), at('06:29:59')), [])
  const [due] = dueOf(playbook, at('06:29:59'), at('06:30:00'))
  assert.deepEqual([due?.about, due?.trigger.at], ['schedule 2026-11-27T06:30:00.000Z', at('06:30:00')])
  assert.deepEqual(dueOf(playbook, at('06:30:00'), at('06:31:00')), [])
  assert.equal(dueOf(playbook, at('06:00:00') - 10 * 86_400_000, at('07:00:00')).length, 1, 'a jump starts it once')
  assert.deepEqual(dueOf({ ...playbook, enabled: false }, at('06:00:00'), at('07:00:00')), [])
})

test('what is no cron expression is refused', () => {
  for (const text of ['', '* * * *', '61 * * * *', '0 0 31 2 *', 'soon', '* * * * * *'])
    assert.equal(isCron(text), false, text)
  assert.throws(() => parsePlaybook(playbookOf('- wait: 1s', 'on: [{ schedule: daily }]'), 'p.yaml'), /five fields/)
})
