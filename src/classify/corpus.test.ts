/** Real logs with truth, where they are at hand: they lie beside the repository, not in it. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { parseCidr } from '../core/ip.ts'
import { silent } from '../core/reason.ts'
import { modsec3Json } from '../parse/modsec3-json.ts'
import { createClassifier } from './classifier.ts'

const CORPUS = join(import.meta.dirname, '../../../shared/corpus')
const options = existsSync(CORPUS) ? {} : { skip: 'the labelled corpora (../shared/corpus) are not here' }

interface Truth {
  readonly request_id: string
  readonly src_ip: string
  readonly true_client?: string
  readonly rules: readonly string[]
}

const read = (name: string): string => gunzipSync(readFileSync(join(CORPUS, name))).toString('latin1')

const truths = (name: string): Map<string, Truth> =>
  new Map(
    read(`${name}.truth.jsonl.gz`)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Truth)
      .map((truth) => [truth.request_id, truth]),
  )

for (const name of ['modsec3-json', 'modsec3-json-crs4', 'field'])
  test(`${name}: true clients, rules, scores and what the WAF did, as recorded`, options, () => {
    const truth = truths(name)
    const classify = createClassifier({
      trustedProxies: [parseCidr('10.20.0.1')!],
      clientHeader: 'auto',
      redaction: { enabled: true, extraNames: [], keepNames: [] },
      sessionKey: 'a key for tests',
    })
    const framer = modsec3Json.frame({ source: name, start: 0, limit: 1 << 20 })
    const records = [...framer.push(gunzipSync(readFileSync(join(CORPUS, `${name}.log.gz`))), 0), ...framer.end()]
    let joined = 0
    for (const record of records) {
      const parsed = modsec3Json.parse(record, { zoneMinutes: () => 0 })
      assert.ok('transaction' in parsed)
      const { event } = classify(parsed.transaction, { id: 'e-1', sensor: name, raw: record.ref }, silent)
      const cookies = event.request.headers.filter(([header]) => header === 'Cookie').map(([, value]) => value)
      for (const value of cookies) assert.match(value, /^(?:[^=;]*=)?<redacted>(?:; (?:[^=;]*=)?<redacted>)*…?$|^$/)
      const exceeded = event.matches.some((match) => match.ruleId === 949110 || match.ruleId === 959100)
      assert.equal(event.disposition === 'blocked', exceeded && event.response.status === 403)
      assert.equal(event.anomalyScore !== undefined, exceeded)
      const known = truth.get(event.request.headers.find(([header]) => header === 'X-Request-Id')?.[1] ?? '')
      if (!known) continue
      joined++
      assert.equal(event.clientIp, known.true_client ?? known.src_ip)
      assert.deepEqual(event.matches.map((match) => String(match.ruleId)).sort(), [...new Set(known.rules)].sort())
    }
    assert.ok(joined > 0.99 * records.length, `${joined} of ${records.length} joined`)
  })
