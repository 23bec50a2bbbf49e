/** The server's limits, met over real connections. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { KEY, openEndpoint } from '../../test/real/bouncer-endpoint.ts'
import { SECOND } from '../core/time.ts'

const LIMITS = { head: SECOND, idle: 2 * SECOND, connections: 20 }

const open = async (t: TestContext, url: string): Promise<Socket> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}
const closed = (socket: Socket): Promise<unknown> => (socket.closed ? Promise.resolve() : once(socket, 'close'))
const up = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/health`, { headers: { connection: 'close' } })).ok
  } catch {
    return false
  }
}

test('who says nothing, or half a request, is let go, and makes room for others', async (t) => {
  const { url } = await openEndpoint(t, { limits: LIMITS })
  const idle = await Promise.all(Array.from({ length: LIMITS.connections }, () => open(t, url)))
  for (const socket of idle.slice(0, 10)) socket.write('GET /v1/decisions/stream HTTP/1.1\r\nx-api-key: ')
  for (const socket of idle) socket.resume()
  assert.equal(await up(url), false, 'no more than so many at once')
  await Promise.all(idle.map(closed))
  assert.equal(await up(url), true)
})

test('who does not read his answer is let go, holds up nobody meanwhile, and gets it again', async (t) => {
  const { url, ban, book } = await openEndpoint(t, { limits: { ...LIMITS, idle: SECOND / 2 } })
  for (let i = 0; i < 100_000; i++) ban(`203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 3600)
  const slow = await open(t, url)
  slow.pause()
  slow.write(`GET /v1/decisions/stream?startup=true HTTP/1.1\r\nhost: x\r\nx-api-key: ${KEY}\r\n\r\n`)
  for (let waited = 0; waited < 8; waited++) {
    assert.equal(await up(url), true)
    await sleep(SECOND / 2)
  }
  let last = ''
  slow.on('data', (bytes) => {
    last = bytes.toString('latin1')
  })
  slow.resume()
  await closed(slow)
  assert.ok(last.length > 0 && !last.endsWith('\r\n0\r\n\r\n'), 'the answer was not sent to its end')
  assert.deepEqual(book.clients()[0]!.delivery, { pending: [] }, 'nothing counts as delivered')
  const again = await fetch(`${url}/v1/decisions/stream`, { headers: { 'x-api-key': KEY } })
  assert.equal(((await again.json()) as { new: unknown[] }).new.length, 100_000)
})
