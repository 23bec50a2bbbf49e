/** Several threads answer at one place, out of one list. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../../kit/dns-client.ts'
import { call, entry, snapshot } from './entries.fixture.ts'
import { openList } from './index.ts'
import { type RblServer, startRblServer } from './server.ts'
import { settings } from './settings.ts'

const config = { listen: ['127.0.0.1:0'], zones: { ban: 'bl.example.net' }, threads: 3 }
const LISTED = '7.113.0.203.bl.example.net'

test('a change is answered by every thread at once, a list that grows is seen whole, and all that is asked is counted', async () => {
  const list = await openList(settings.parse(config), () => {})
  // A socket for each question: the kernel gives them to different threads.
  const codes = async (name: string) => {
    const place = { host: '127.0.0.1', port: list.ports[0]! }
    const told = await Promise.all(Array.from({ length: 40 }, () => ask(place, [name])))
    return new Set(told.map(([answer]) => answer?.codes.length ?? -1))
  }
  try {
    await list.sync(snapshot([entry('203.0.113.7')]), call)
    assert.deepEqual(await codes(LISTED), new Set([1]))
    await list.sync({ kind: 'delta', added: [], removed: [entry('203.0.113.7')] }, call)
    assert.deepEqual(await codes(LISTED), new Set([0]))
    const many = Array.from({ length: 20_000 }, (_, i) => entry(`203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`))
    await list.sync(snapshot([...many, entry('2001:db8::7')]), call)
    assert.deepEqual(await codes('31.78.0.203.bl.example.net'), new Set([1]))
    const { entries, queries } = (await list.report!(call)) as { entries: number; queries: number }
    assert.equal(entries, 20_001)
    assert.ok(queries >= 120)
  } finally {
    await list.close()
  }
})

test('with the thread that keeps the list all end, and begin anew at the same place', async () => {
  const servers: RblServer[] = []
  const list = await openList(
    settings.parse(config),
    () => {},
    async (...options) => {
      const server = await startRblServer(...options)
      servers.push(server)
      return server
    },
  )
  try {
    await assert.rejects(servers[0]!.tell({ kind: 'put' } as never), { code: 'RBL_DOWN' })
    const listed = entry('203.0.113.7')
    await list.sync(snapshot([listed]), call)
    for (let i = 0; i < 20; i++) assert.deepEqual(await list.verify([listed], call), ['enforced'])
    assert.equal(servers.length, 2)
  } finally {
    await list.close()
  }
})

test('two lists are never at one place, and a limit is counted by one thread', async () => {
  const list = await openList(settings.parse(config), () => {})
  try {
    const same = settings.parse({ ...config, listen: [`127.0.0.1:${list.ports[0]}`] })
    await assert.rejects(
      openList(same, () => {}),
      { code: 'RBL_LISTEN' },
    )
  } finally {
    await list.close()
  }
  assert.match(String(settings.safeParse({ ...config, rateLimit: 5 }).error), /threads: 1/)
})
