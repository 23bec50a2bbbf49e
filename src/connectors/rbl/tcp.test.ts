import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../test/real/loopback.ts'
import { listenTcp, type TcpServer } from './tcp.ts'

const BIG = Buffer.alloc(16_000)

describe('connections', () => {
  let server: TcpServer
  let port: number
  let made = 0
  before(async () => {
    port = await freePort()
    server = await listenTcp(
      '127.0.0.1',
      port,
      function* () {
        for (let i = 0; i < 10_000; i++) {
          made++
          yield BIG
        }
      },
      300,
    )
  })
  after(() => server.close())

  test('one that sends a byte now and then is ended all the same', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    const closed = once(socket, 'close')
    const trickle = setInterval(() => socket.write('\0'), 200)
    // A length of two zero bytes is a message, so the trickle begins with a long one.
    socket.write(Buffer.from([255]))
    await closed
    clearInterval(trickle)
  })

  test('one that does not read gets no more than it left unread, and is ended', async () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.pause()
    socket.write(Buffer.from([0, 1, 0]))
    let before = -1
    while (made === 0 || made !== before) {
      before = made
      await sleep(200)
    }
    assert.ok(made < 5000, `${made} of 10000 answers were made for a reader that took none`)
    await sleep(400)
    socket.resume()
    await once(socket, 'close')
  })
})
