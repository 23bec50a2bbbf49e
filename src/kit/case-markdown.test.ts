import assert from 'node:assert/strict'
import { test } from 'node:test'
import { caseMarkdown, escapedMarkdown, fenced } from './case-markdown.ts'
import { caseFixture } from './sample-case.ts'

test('what a client wrote cannot leave its block', () => {
  const hostile = '```\n@everyone ![x](http://evil.example/p.png) <script>\u2028````` end'
  const lines = fenced([hostile, 'next']).split('\n')
  assert.equal(lines.length, 4)
  assert.equal(lines[0], lines[3])
  assert.ok(lines.slice(1, 3).every((line) => !line.includes(lines[0]!)))
})

test('our own words obey nobody', () => {
  assert.equal(escapedMarkdown('@all [x](y) **b** <i>'), '&#64;all \\[x\\]\\(y\\) \\*\\*b\\*\\* \\<i\\>')
  const text = caseMarkdown(caseFixture({ reasons: ['@here [click](http://evil.example)'] }))
  assert.ok(!text.includes('@here') || text.indexOf('@here') > text.indexOf('**User agents**'))
})
