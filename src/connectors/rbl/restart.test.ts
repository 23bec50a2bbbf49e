import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, entry, snapshot } from './entries.fixture.ts'
import { openList } from './index.ts'
import { type RblServer, startRblServer } from './server.ts'
import { settings } from './settings.ts'

test('a thread that dies is doubted, begun anew at the same place, and filled by the next snapshot', async () => {
  const doubts: string[] = []
  const servers: RblServer[] = []
  const list = await openList(
    settings.parse({ listen: ['127.0.0.1:0'], zones: { ban: 'bl.example.net' } }),
    (why) => doubts.push(why),
    async (...options) => {
      const server = await startRblServer(...options)
      servers.push(server)
      return server
    },
  )
  try {
    const listed = entry('203.0.113.7')
    await list.sync(snapshot([listed]), call)
    assert.deepEqual(await list.verify([listed], call), ['enforced'])
    // What no caller sends: the thread ends with an exception, and so does everything that waits for it.
    const broken = servers[0]!.tell({ kind: 'put' } as never)
    await assert.rejects(broken, { code: 'RBL_DOWN' })
    assert.equal(doubts.length, 1)
    await list.report!(call)
    assert.equal(servers.length, 2, 'begun anew once')
    assert.deepEqual(await list.verify([listed], call), ['absent'], 'it has forgotten everything')
    await list.sync(snapshot([listed]), call)
    assert.deepEqual(await list.verify([listed], call), ['enforced'], 'at the same port')
  } finally {
    await list.close()
  }
  await assert.rejects(list.sync(snapshot([]), call), { code: 'RBL_CLOSED' })
})

test('a port that is taken is said with a remedy', async () => {
  const config = { zones: { ban: 'bl.example.net' } }
  const list = await openList(settings.parse({ ...config, listen: ['127.0.0.1:0'] }), () => {})
  try {
    await assert.rejects(
      openList(settings.parse({ ...config, listen: [`127.0.0.1:${list.ports[0]}`] }), () => {}),
      { code: 'RBL_LISTEN' },
    )
  } finally {
    await list.close()
  }
})

test('purposes never share a zone, and a short key is none', () => {
  const zones = { ban: 'bl.example.net', allow: 'BL.example.net.' }
  assert.match(String(settings.safeParse({ zones }).error), /share a zone/)
  const key = { name: 'k', secret: 'short' }
  assert.match(String(settings.safeParse({ zones: { ban: 'bl.example.net' }, transfer: { key } }).error), /16 bytes/)
})
