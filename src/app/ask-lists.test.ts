import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freePort } from '../../test/real/loopback.ts'
import { referenceOf } from '../core/reference.ts'
import { call, entry, snapshot } from '../kit/entry.fixture.ts'
import { askLists, listsOf } from './ask-lists.ts'
import { defaultConfig, loadConfig } from './config/load.ts'

const point = async () => {
  const port = await freePort()
  const text = `
sensors: [{ id: web, sources: [{ file: audit.log }] }]
enforce:
  - rbl: { listen: ['127.0.0.1:${port}'], zones: { ban: bl.example.net, forward: fwd.example.net, throttle: slow.example.net } }
`
  return loadConfig(text, 'riposte.yaml', {}, () => '').enforce[0]!
}

test('asks every list of the configuration, and says of each what it answers', async (t) => {
  const mine = await point()
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const { sink } = await mine.plugin.open(mine.config as never, { name: 'rbl', log, clock: Date.now, doubt() {} })
  t.after(() => sink.close())
  const one = entry('203.0.113.7', { attackClass: 'rce' })
  await sink.sync(snapshot([one]), call())
  const lists = listsOf([mine])
  const told = async (ip: string) => {
    const answers = await askLists(ip, lists)
    return answers.map(({ place, state, addresses, class: is, texts }) => [
      place.zone,
      state,
      addresses[0],
      is,
      texts[0],
    ])
  }
  const reference = referenceOf(one.id)
  assert.deepEqual(await told('203.0.113.7'), [
    ['bl.example.net', 'listed', '127.0.0.7', 'rce', reference],
    ['fwd.example.net', 'listed', '127.0.0.7', 'rce', reference],
    ['slow.example.net', 'open', undefined, undefined, undefined],
  ])
  assert.deepEqual(
    (await told('2001:db8::7')).map(([, state]) => state),
    ['open', 'unasked', 'open'],
  )
  // A server that knows nothing of the zone says so, which is not the same as `open`.
  const [stranger] = await askLists('203.0.113.7', [{ place: { ...lists[0]!.place, zone: 'other.example.net' } }])
  assert.deepEqual([stranger?.state, stranger?.rcode], ['refused', 'REFUSED'])
})

test('who does not answer is silent; without points there is nobody to ask', async () => {
  const lists = listsOf([await point()])
  const states = (await askLists('203.0.113.7', lists)).map(({ state }) => state)
  assert.deepEqual(states, ['silent', 'silent', 'silent'])
  assert.deepEqual(listsOf(defaultConfig().enforce), [])
})
