import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { type Decision, REMEDIATIONS } from '../../core/decision.ts'
import { derivedId } from '../../core/id.ts'
import { parseCidr } from '../../core/ip.ts'
import { specialNetwork } from '../../core/special-networks.ts'
import { DAY, HOUR, SECOND } from '../../core/time.ts'
import { createGate } from '../../enforce/gate.ts'
import { exportAllowlist, exportDecisions } from './export.ts'
import { EXPORT_FORMATS, type ExportFormat } from './export-lines.ts'
import { decision, holding, oneEach } from './held.fixture.ts'
import { entriesOf, gathered, policy, RECORDED } from './imported.fixture.ts'
import { openOutFile } from './out-file.ts'

const NOW = RECORDED

const written = async (decisions: readonly Decision[], format: ExportFormat, spare: readonly string[] = []) => {
  let text = ''
  const gate = createGate(spare.map((one) => parseCidr(one)!))
  const result = await exportDecisions(holding(decisions), gate, REMEDIATIONS, format, NOW, (piece) => {
    text += piece
  })
  return { text, result }
}

/** An independent reader of each format: the values that a program would take from it. */
const valuesIn: Readonly<Record<ExportFormat, (text: string) => string[]>> = {
  csv: (text) =>
    [...text.matchAll(/^([0-9a-f.:/]+),(?:ban|captcha|throttle|watch),\d{4}-/gm)].map((match) => match[1]!),
  json: (text) => (JSON.parse(text) as { value: string }[]).map((one) => one.value),
  plain: (text) => text.split('\n').filter(Boolean),
  nginx: (text) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        assert.match(line, /^[0-9a-f.:/]+ R-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4};$/)
        return line.split(' ')[0]!
      }),
  haproxy: (text) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        assert.match(line, /^[0-9a-f.:/]+ R-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$/)
        return line.split(' ')[0]!
      }),
}

describe('an export', () => {
  test('holds exactly what is in force, and nothing that must be spared', async () => {
    let kept = 0
    await fc.assert(
      fc.asyncProperty(fc.array(decision, { maxLength: 12 }), async (all) => {
        const decisions = oneEach(all)
        const spare = ['192.0.2.0/24', '2001:db8::/32']
        const gate = createGate(spare.map((one) => parseCidr(one)!))
        const expected = decisions.filter(
          (d) =>
            !d.simulated &&
            d.withdrawnAt === undefined &&
            d.startsAt <= NOW &&
            d.until > NOW &&
            specialNetwork(parseCidr(d.value)!) === undefined &&
            gate.refuses(parseCidr(d.value)!) === undefined,
        )
        kept += expected.length
        for (const format of EXPORT_FORMATS) {
          const { text, result } = await written(decisions, format, spare)
          const values = valuesIn[format](text).map((one) => parseCidr(one)!.text)
          assert.deepEqual(values.sort(), expected.map((d) => d.value).sort(), format)
          assert.equal(result.written, expected.length)
        }
      }),
      { numRuns: 300 },
    )
    assert.ok(kept > 100, `only ${kept} decisions were written`)
  })

  test('comes back by our own import as it was: value, type, end, class, reason', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(decision, { maxLength: 12 }),
        fc.constantFrom<ExportFormat>('csv', 'json'),
        async (all, format) => {
          // What is too wide was never decided; the import says so again.
          const decisions = oneEach(all).filter((d) => parseCidr(d.value)!.bits >= (d.value.includes(':') ? 32 : 16))
          const { text, result } = await written(decisions, format)
          const found = result.written === 0 ? [] : entriesOf(await gathered('csv', text))
          const back = new Map(found.map((entry) => [parseCidr(entry.value)!.text, entry]))
          const inForce = decisions.filter((d) => back.has(d.value))
          assert.equal(inForce.length, result.written)
          assert.equal(back.size, result.written)
          for (const d of inForce) {
            const entry = back.get(d.value)!
            assert.equal(entry.type, d.type)
            assert.ok(Math.abs(entry.until! - d.until) <= SECOND)
            if (d.attackClass !== undefined) assert.equal(entry.attackClass, d.attackClass)
            if (d.reason !== '') assert.equal(entry.reason, d.reason)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('lists only the wanted types', async () => {
    const base = {
      scope: 'Ip',
      origin: 'engine',
      scenario: 's',
      startsAt: NOW,
      until: NOW + HOUR,
      reason: '',
      reasons: [],
      events: [],
      simulated: false,
    } as const
    const two: Decision[] = [
      { ...base, id: derivedId('d', 1), type: 'ban', value: '203.0.113.1' },
      { ...base, id: derivedId('d', 2), type: 'watch', value: '203.0.113.2' },
    ]
    let text = ''
    await exportDecisions(holding(two), createGate([]), ['ban'], 'plain', NOW, (piece) => {
      text += piece
    })
    assert.equal(text, '203.0.113.1\n')
  })

  test('of nothing is still well-formed', async () => {
    assert.equal((await written([], 'json')).text, '[\n]\n')
    assert.equal((await written([], 'plain')).text, '')
    assert.match((await written([], 'csv')).text, /^value,type,until,[^\n]*\n$/)
  })
})

test('an allowlist comes back as it was', async () => {
  const entries = [
    { value: '192.0.2.0/24', kind: 'range', reason: '=office()', addedAt: 1, addedBy: 'a' },
    { value: '2001:db8::1', kind: 'ip', reason: 'x', addedAt: 1, addedBy: 'a', expiresAt: NOW + DAY },
    { value: 'crawl.example.com', kind: 'host', reason: 'y', addedAt: 1, addedBy: 'a' },
    { value: '203.0.113.1', kind: 'ip', reason: 'over', addedAt: 1, addedBy: 'a', expiresAt: NOW },
  ] as const
  for (const format of ['csv', 'json'] as const) {
    let text = ''
    exportAllowlist(entries, format, NOW, (piece) => {
      text += piece
    })
    const { harvest } = await gathered('csv', text, policy({ as: 'allowlist' }))
    assert.deepEqual(
      [...harvest.allowances.values()],
      entries.slice(0, 3).map(({ value, kind, reason, ...rest }) => ({
        value,
        kind,
        reason,
        ...('expiresAt' in rest ? { expiresAt: rest.expiresAt } : {}),
      })),
      format,
    )
  }
  let text = ''
  const { withheld } = exportAllowlist(entries, 'nginx', NOW, (piece) => {
    text += piece
  })
  assert.deepEqual([text, withheld], ['192.0.2.0/24 1;\n2001:db8::1/128 1;\n', 1])
})

describe('the file of an export', () => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-out-'))
  after(() => rmSync(dir, { recursive: true, force: true }))

  test('is the old one until it is whole, keeps its mode, and follows a link', () => {
    const path = join(dir, 'real.txt')
    const link = join(dir, 'link.txt')
    writeFileSync(path, 'old', { mode: 0o600 })
    symlinkSync(path, link)
    const file = openOutFile(link)
    file.write('new')
    assert.equal(readFileSync(path, 'utf8'), 'old')
    file.commit()
    file.abandon()
    assert.equal(readFileSync(path, 'utf8'), 'new')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.equal(readFileSync(link, 'utf8'), 'new')
  })

  test('leaves nothing behind when it is abandoned', () => {
    const path = join(dir, 'abandoned.txt')
    const file = openOutFile(path)
    file.write('half')
    file.abandon()
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.includes('abandoned')),
      [],
    )
  })

  test('that cannot be written says so', () => {
    mkdirSync(join(dir, 'folder'))
    assert.throws(() => openOutFile(join(dir, 'none', 'x')), { code: 'FILE_NOT_WRITTEN' })
  })
})
