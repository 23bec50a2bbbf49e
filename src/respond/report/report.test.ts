import assert from 'node:assert/strict'
import { test } from 'node:test'
import { caseEventFixture, caseFixture } from '../../kit/sample-case.ts'
import { reportHtml } from './html.ts'
import { reportMarkdown } from './markdown.ts'
import { type ReportFacts, slices, timeLine } from './report.ts'

const HOSTILE = '</code><script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>"\'&\u202e\n# forged'

const event = caseEventFixture()
const factsOf = (change: Partial<ReportFacts> = {}): ReportFacts => ({
  case: caseFixture({
    title: HOSTILE,
    reasons: [HOSTILE],
    observables: { hosts: [HOSTILE], paths: [HOSTILE], userAgents: [HOSTILE] },
    events: [{ ...event, request: { ...event.request, host: HOSTILE, uri: HOSTILE } }],
    link: 'https://riposte.example.net/x',
  }),
  proofs: [
    {
      decision: 'd-2d138edaa499000000000000',
      point: 'rbl',
      act: 'block',
      requestedAt: 1,
      appliedAt: Date.parse('2026-11-27T07:58:42Z'),
      verifiedAt: Date.parse('2026-11-27T07:58:43Z'),
    },
  ],
  acts: [{ at: Date.parse('2026-11-27T09:00:00Z'), actor: 'cli:ann', verb: 'incident.close', subject: 'i-1' }],
  runs: [
    { playbook: 'respond', state: 'done', startedAt: Date.parse('2026-11-27T08:00:00Z'), steps: ['jira.create_issue'] },
  ],
  madeAt: Date.parse('2026-11-27T10:00:00Z'),
  ...change,
})

test('everything is in its order of time', () => {
  assert.deepEqual(
    timeLine(factsOf()).map(({ kind }) => kind),
    ['event', 'decision', 'proof', 'proof', 'run', 'act'],
  )
})

test('the page has nothing live in it and asks nobody for anything', () => {
  const html = reportHtml(factsOf())
  assert.doesNotMatch(html, /<script|<img|<link|<iframe|onerror=alert\(1\)>|url\(|@import/i)
  assert.doesNotMatch(html, /<[^>]*(?:src|href)=/)
  assert.match(html, /&lt;script&gt;/)
  assert.equal(html.split('<h1>').length, 2)
})

test('the Markdown keeps what clients wrote inside its blocks', () => {
  const lines = reportMarkdown(factsOf()).split('\n')
  assert.equal(lines.filter((line) => line.startsWith('# ')).length, 1)
  assert.equal(lines.filter((line) => line.startsWith('<')).length, 3, 'each in its fence')
})

test('slices add up, whatever the times', () => {
  const file = caseFixture({
    openedAt: '2026-11-27T08:00:00Z',
    lastAt: '2026-11-27T08:00:00Z',
    events: ['2026-11-27T07:00:00Z', '2026-11-27T08:00:00Z', '2026-11-27T09:00:00Z'].map((time) =>
      caseEventFixture({ time }),
    ),
  })
  assert.equal(
    slices(file, 10).reduce((sum, n) => sum + n, 0),
    3,
  )
})
