import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { didYouMean, editDistance } from '../core/did-you-mean.ts'
import { parseSize } from './scalars.ts'
import { Secret, secretUrl } from './secret.ts'
import { isZone, zoneMinutes } from './zone.ts'

test('sizes', () => {
  for (const [text, bytes] of [
    ['200MB', 200e6],
    ['200 mb', 200e6],
    ['1MiB', 1048576],
    ['64k', 64000],
    ['0.5GiB', 536870912],
    ['12', 12],
    ['12B', 12],
    ['2TiB', 2 * 1024 ** 4],
  ] as const)
    assert.equal(parseSize(text), bytes, text)
  for (const text of ['', 'MB', '-1MB', '1 XB', '1e9', '1MBs', '999999999999TB', '1.MB'])
    assert.equal(parseSize(text), undefined, text)
})

test('zones, with summer time', () => {
  const january = Date.UTC(2026, 0, 15)
  const july = Date.UTC(2026, 6, 15)
  assert.equal(zoneMinutes('UTC', july), 0)
  assert.equal(zoneMinutes('Europe/Berlin', january), 60)
  assert.equal(zoneMinutes('Europe/Berlin', july), 120)
  assert.equal(zoneMinutes('America/St_Johns', january), -210)
  assert.equal(zoneMinutes('+05:30', july), 330)
  assert.equal(zoneMinutes('-0330', july), -210)
  for (const zone of ['Mars', '+25:00', '+02:75', '2', '']) assert.equal(isZone(zone), false, zone)
  assert.equal(isZone('+14:00'), true)
})

test('a secret shows nowhere', () => {
  const secret = new Secret('hunter2')
  for (const text of [
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }),
    inspect([secret], { depth: 9, showHidden: true }),
    String(secret),
    Object.entries(secret).join(),
  ])
    assert.doesNotMatch(text, /hunter2/)
  assert.equal(secret.reveal(), 'hunter2')
})

test('a database URL shows everything but its password', () => {
  for (const [url, shown] of [
    [
      'postgres://riposte:hunter2@db.example.net:5432/riposte',
      'postgres://riposte:<secret>@db.example.net:5432/riposte',
    ],
    ['postgres://riposte@db/riposte', 'postgres://riposte@db/riposte'],
    ['postgres://db/riposte?password=hunter2', 'postgres://db/riposte?<secret>'],
    ['postgres://u:hun@ter2@db/x', 'postgres://u:<secret>@db/x'],
    ['postgres://u:hun/ter2@db/x', 'postgres://<secret>'],
    ['postgres://u:hun?ter2@db/x', 'postgres://<secret>'],
    ['/var/lib/riposte.db', '/var/lib/riposte.db'],
  ] as const) {
    assert.equal(String(secretUrl(url)), shown)
    assert.equal(secretUrl(url).reveal(), url)
  }
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9@:/?#%!]{8,20}$/), (password) => {
      assert.ok(!String(secretUrl(`postgres://u:X${password}X@host/db`)).includes(`X${password}X`))
    }),
  )
})

test('edit distance counts a swap as one, is symmetric and zero only for equals', () => {
  assert.equal(editDistance('repaly', 'replay'), 1)
  assert.equal(editDistance('', 'abc'), 3)
  const word = fc.string({ maxLength: 12 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      assert.equal(editDistance(a, b), editDistance(b, a))
      assert.equal(editDistance(a, b) === 0, a === b)
    }),
  )
})

test('did you mean: near words only', () => {
  const commands = ['replay', 'explain', 'decisions', 'check', 'status']
  for (const [given, meant] of [
    ['repaly', 'replay'],
    ['decision', 'decisions'],
    ['dec', 'decisions'],
    ['Status', 'status'],
    ['chek', 'check'],
    ['frobnicate', undefined],
    ['x', undefined],
  ] as const)
    assert.equal(didYouMean(given, commands), meant, given)
})
