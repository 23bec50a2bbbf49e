import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { playbookFolder, readPlaybooks } from './content.ts'
import { playbookJsonSchema } from './playbook-json-schema.ts'

const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false })
const validate = ajv.compile(playbookJsonSchema())
const problemsOf = (text: string): string =>
  validate(parse(text))
    ? ''
    : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`).join('\n')

test('an editor finds nothing wrong with the shipped playbooks', () => {
  const shipped = readPlaybooks(undefined)
  assert.ok(shipped.length >= 6, playbookFolder)
  for (const { file, text } of shipped) assert.equal(problemsOf(text), '', file)
})

const playbook = (step: string): string => `{ name: x, summary: X., steps: [${step}] }`

test('connectors with names of their own, and texts for inputs of any kind, are right', () => {
  for (const step of [
    `{ action: tickets.create_issue, with: { case: "$\{{ case }}", anything: 1 } }`,
    `{ action: abuseipdb.check, with: { address: "$\{{ case.subject.value }}", days: "$\{{ vars.days }}" } }`,
    '{ action: riposte.ban, with: { value: 203.0.113.7, duration: 1h, reason: x } }',
    '{ when: "true", do: [{ wait: 1m }], else: [{ stop: enough }] }',
    '{ foreach: case.sensors, as: sensor, steps: [{ parallel: [[{ wait: 1s }], [{ wait: 2s }]] }] }',
  ])
    assert.equal(problemsOf(playbook(step)), '', step)
})

test('what is misspelt is marked, at every depth', () => {
  for (const [step, place] of [
    ['{ action: slack.post, wth: {} }', '/steps/0'],
    ['{ action: slack.post, with: { txt: hello } }', '/steps/0/with'],
    ['{ action: abuseipdb.check, with: {} }', '/steps/0/with'],
    ['{ when: "true", do: [{ parallel: [[{ wait: 1s }], [{ wiat: 2s }]] }] }', '/steps/0/do/0/parallel/1/0'],
    ['{ approval: { ask: ok, quorum: 0 } }', '/steps/0/approval/quorum'],
  ] as const)
    assert.match(problemsOf(playbook(step)), new RegExp(`^${place} `, 'm'), step)
})
