/**
 * The shipped scenarios on logs written for them: `content/tests/<name>/input.jsonl` (ModSecurity 3 audit lines) and
 * `expect.yaml`. The real rooms run, with the whole pack and the evidence; only this scenario's alerts are looked at.
 *
 *   alerts:     strongest verdict per client; a client that is not named must not set the scenario off
 *   escalated:  clients whose alerts call a person; nobody else's do
 *   decisions:  the strongest decision on a client, with its duration if that matters
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { createClassifier } from '../classify/classifier.ts'
import type { Alert } from '../core/alert.ts'
import type { Decision } from '../core/decision.ts'
import { formatDuration } from '../core/duration.ts'
import { eventId } from '../core/id.ts'
import { silent } from '../core/reason.ts'
import { createDecider } from '../decide/decider.ts'
import { StateSpace } from '../kit/state.ts'
import { modsec3Json } from '../parse/modsec3-json.ts'
import { createCorrelator } from './engine.ts'
import { createEvidence } from './evidence/evidence.ts'
import { parseScenario, rank } from './scenario.ts'

const content = (path: string) => fileURLToPath(new URL(`../../content/${path}`, import.meta.url))
const text = (path: string) => readFileSync(content(path), 'utf8')

const files = readdirSync(content('scenarios')).filter((file) => file.endsWith('.yaml'))
const scenarios = files.map((file) => parseScenario(text(`scenarios/${file}`), file))

const verdict = z.enum(['watch', 'throttle', 'captcha', 'ban'])
const Expectation = z.strictObject({
  alerts: z.record(z.string(), verdict),
  escalated: z.array(z.string()).default([]),
  decisions: z.record(z.string(), z.string()).default({}),
})

const run = (lines: string) => {
  const bytes = Buffer.from(lines)
  const framer = modsec3Json.frame({ source: 'test', start: 0, limit: 1 << 20 })
  const classify = createClassifier({
    trustedProxies: [],
    clientHeader: 'none',
    redaction: { enabled: true, extraNames: [], keepNames: [] },
    sessionKey: 'test',
  })
  const state = new StateSpace()
  const correlator = createCorrelator({ scenarios, evidence: createEvidence({}, state) }, state)
  const decider = createDecider({}, state)
  const alerts: Alert[] = []
  const decisions = new Map<string, Decision>()
  for (const record of [...framer.push(bytes, 0), ...framer.end()]) {
    const parsed = modsec3Json.parse(record, { zoneMinutes: () => 0 })
    assert.ok('transaction' in parsed, JSON.stringify(parsed))
    const at = { id: eventId('test', record.bytes), sensor: 'test', raw: record.ref }
    const { event } = classify(parsed.transaction, at, silent)
    const restrained = decider.isRestrained(event.clientIp, event.time)
    for (const alert of correlator.pour(event, { restrained }, silent)) {
      alerts.push(alert)
      for (const decision of decider.judge(alert, silent).decisions) decisions.set(decision.id, decision)
    }
  }
  return { alerts, decisions: [...decisions.values()] }
}

for (const name of readdirSync(content('tests')))
  test(`scenario ${name}`, () => {
    const expected = Expectation.parse(parse(text(`tests/${name}/expect.yaml`)))
    const { alerts, decisions } = run(text(`tests/${name}/input.jsonl`))
    const own = alerts.filter((alert) => alert.scenario === name)

    const strongest: Record<string, string> = {}
    for (const { subject, verdict } of own)
      if (rank(verdict) >= rank((strongest[subject.value] ?? 'watch') as 'watch')) strongest[subject.value] = verdict
    assert.deepEqual(strongest, expected.alerts)
    assert.deepEqual(
      [...new Set(own.filter((alert) => alert.escalate).map((alert) => alert.subject.value))].sort(),
      [...expected.escalated].sort(),
    )

    const longest: Record<string, Decision> = {}
    for (const d of decisions) {
      const known = longest[d.value]
      const more = known ? rank(d.type) - rank(known.type) : 1
      if (!known || more > 0 || (more === 0 && d.until - d.startsAt > known.until - known.startsAt))
        longest[d.value] = d
    }
    for (const [client, wanted] of Object.entries(expected.decisions)) {
      const d = longest[client]
      const whole = d
        ? `${d.type} ${formatDuration(3_600_000 * Math.round((d.until - d.startsAt) / 3_600_000))}`
        : 'none'
      assert.equal(wanted.includes(' ') ? whole : (d?.type ?? 'none'), wanted.replace(' 24h', ' 1d'), client)
    }
    for (const d of decisions)
      if (d.type === 'ban')
        assert.ok(expected.decisions[d.value]?.startsWith('ban'), `${d.value} is banned: ${d.reason}`)
  })

test('every shipped scenario has a test, a file of its own name, and no alert limit that a flood can beat', () => {
  const tested = new Set(readdirSync(content('tests')))
  for (const [i, scenario] of scenarios.entries()) {
    assert.equal(files[i], `${scenario.name}.yaml`)
    assert.ok(tested.has(scenario.name), `content/tests/${scenario.name} is missing`)
    assert.ok(scenario.quiet >= 3_600_000, `${scenario.name} repeats itself`)
  }
})
