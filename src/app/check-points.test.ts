import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { Failure } from '../core/failure.ts'
import type { Finding } from '../core/finding.ts'
import { type ConnectorPlugin, defineConnector } from '../kit/connector.ts'
import { Secret } from '../kit/secret.ts'
import { checkNeeds, probePoints } from './check-points.ts'
import { fingerprint } from './enforcement.ts'

const plugin = (more: Partial<ConnectorPlugin>): ConnectorPlugin =>
  defineConnector({
    id: 'some',
    summary: 'Some.',
    config: z.unknown(),
    example: '',
    open: () => Promise.reject(new Error('a check opens nothing')),
    ...more,
  })

const found = async (work: (found: (finding: Omit<Finding, 'at'>) => void) => void | Promise<void>) => {
  const findings: Omit<Finding, 'at'>[] = []
  await work((finding) => findings.push(finding))
  return findings
}

test('a program that a point needs is looked for, by its path or its name', async () => {
  const needs = [{ binary: process.execPath }, { binary: 'sh' }, { binary: 'no-such-binary' }, { binary: '/no/such' }]
  const findings = await found((tell) => checkNeeds([{ name: 'edge', plugin: plugin({ needs }), config: {} }], tell))
  assert.deepEqual(
    findings.map(({ subject, text }) => [subject, text]),
    [
      ['edge', 'it needs no-such-binary, which is not on this machine'],
      ['edge', 'it needs /no/such, which is not on this machine'],
    ],
  )
})

test('each point is asked with its own configuration; one that fails does not keep the next from being asked', async () => {
  const asked: unknown[] = []
  const one = plugin({
    probe: async (config) => {
      asked.push(config)
      if (config === 'down') throw new Failure('DOWN', 'nothing answers', { remedy: 'Start it.' })
    },
  })
  const points = ['down', 'up'].map((config) => ({ name: `at-${config}`, plugin: one, config }))
  const findings = await found((tell) =>
    probePoints([...points, { name: 'mute', plugin: plugin({}), config: 1 }], tell),
  )
  assert.deepEqual(asked, ['down', 'up'])
  assert.deepEqual(findings, [
    {
      code: 'point.unreachable',
      level: 'error',
      subject: 'at-down',
      text: 'nothing answers',
      remedy: 'Start it.',
    },
  ])
})

test('a point with another secret is another point, and its secret is nowhere in what is shown', () => {
  const point = (key: string) => ({ plugin: plugin({}), config: { zone: 'x', keys: [{ secret: new Secret(key) }] } })
  assert.equal(fingerprint(point('alpha')), fingerprint(point('alpha')))
  assert.notEqual(fingerprint(point('alpha')), fingerprint(point('beta')))
  assert.ok(!JSON.stringify(point('alpha').config).includes('alpha'))
})
