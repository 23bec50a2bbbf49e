import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import { caseEventFixture, caseFixture } from '../../kit/sample-case.ts'
import ocsf from './index.ts'
import { ocsfCase, ocsfEvent } from './ocsf.ts'

testActionConnector(ocsf, new URL('./fixtures/', import.meta.url))

interface Classified {
  readonly activity_id: number
  readonly activity_name?: string
  readonly class_uid: number
  readonly category_uid: number
  readonly type_uid: number
  readonly time: number
  readonly severity_id: number
  readonly metadata: {
    readonly uid: string
    readonly version: string
    readonly product: { readonly vendor_name: string }
  }
}

const isWellFormed = (record: Classified): void => {
  assert.equal(record.type_uid, record.class_uid * 100 + record.activity_id)
  assert.equal(Math.floor(record.class_uid / 1000), record.category_uid)
  assert.ok(record.time > 1_700_000_000_000, 'milliseconds')
  assert.ok(record.severity_id >= 1 && record.severity_id <= 6)
  assert.ok(record.metadata.version && record.metadata.uid && record.metadata.product.vendor_name)
  // JSON leaves out what is undefined; an explicit null would be a value of the wrong type.
  assert.deepEqual(JSON.parse(JSON.stringify(record)), record)
}

const eventOf = (...given: Parameters<typeof caseEventFixture>) => ocsfEvent(caseEventFixture(...given)) as Classified
const caseOf = (...given: Parameters<typeof caseFixture>) =>
  ocsfCase(caseFixture(...given)) as Classified & { readonly finding_info: { readonly uid: string } }

test('every method is an activity of its own, or a named other', () => {
  const { request } = caseEventFixture()
  for (const [method, activity] of [
    ['GET', 3],
    ['POST', 6],
    ['PATCH', 9],
    ['PROPFIND', 99],
    ['x'.repeat(300), 99],
  ] as const) {
    const record = eventOf({ request: { ...request, method } })
    isWellFormed(record)
    assert.equal(record.activity_id, activity)
    assert.equal(record.activity_name, activity === 99 ? method : undefined)
  }
})

test('an event without rules, host, query or user agent is valid, too', () => {
  const { request } = caseEventFixture()
  isWellFormed(eventOf({ matches: [], request: { ...request, host: '', query: '', userAgent: '' } }))
})

test('a finding is created, updated and closed under one id, each version a record of its own', () => {
  const versions = [
    caseOf({ alertCount: 1 }),
    caseOf({ alertCount: 3, lastAt: '2026-11-27T09:00:00.000Z' }),
    caseOf({ alertCount: 3, lastAt: '2026-11-27T09:00:00.000Z', state: 'closed' }),
  ]
  versions.forEach(isWellFormed)
  assert.deepEqual(
    versions.map(({ activity_id }) => activity_id),
    [1, 2, 3],
  )
  assert.equal(new Set(versions.map(({ finding_info }) => finding_info.uid)).size, 1)
  assert.equal(new Set(versions.map(({ metadata }) => metadata.uid)).size, 3)
})

test('severities are those of the schema', () => {
  for (const [severity, id] of Object.entries({ info: 1, low: 2, medium: 3, high: 4, critical: 5 } as const))
    assert.equal(eventOf({ severity: severity as 'info' }).severity_id, id)
})
