import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { testSelfDescription } from '../../../test/contracts/action-connector.ts'
import { callOf } from '../../../test/contracts/call.ts'
import { freePort } from '../../../test/real/loopback.ts'
import { DryRunEnd } from '../../kit/dry-http.ts'
import { caseEventFixture, caseFixture } from '../../kit/sample-case.ts'
import { caseLine, eventLine } from './cef.ts'
import syslog from './index.ts'
import { type Settings, settings } from './settings.ts'

testSelfDescription(syslog)

const settingsOf = (over: 'udp' | 'tcp', port: number): Settings =>
  settings.parse({ server: `127.0.0.1:${port}`, over })

/** Extension values back from a line, as a receiver reads them. */
const read = (line: string): Map<string, string> => {
  // Behind the seventh bar; in the extension bars need no mark.
  const [, extension = ''] = /CEF:0(?:\|(?:\\.|[^\\|])*){6}\|(.*)$/.exec(line)!
  const keys = [...extension.matchAll(/(?:^| )(\w+)=/g)]
  return new Map(
    keys.map((match, i) => {
      const text = extension.slice(match.index + match[0].length, keys[i + 1]?.index ?? extension.length)
      return [match[1]!, text.replace(/\\([\\=n])/g, (_, char: string) => (char === 'n' ? '\n' : char))]
    }),
  )
}

test('what a client wrote stays in its field', () => {
  const hostile = 'a=b|c\\d\nmsg=forged \u0007<13>1 x'
  const event = caseEventFixture()
  const line = eventLine({ ...event, request: { ...event.request, userAgent: hostile } }, settingsOf('tcp', 1))
  assert.ok(!/[\n\r\u0007]/.test(line))
  assert.equal(read(line).get('requestClientApplication'), hostile.replace('\u0007', ' '))
  assert.match(line, /^<107>1 2026-11-27T07:58:41\.120Z riposte riposte - - - CEF:0\|Riposte\|Riposte\|1\|942100\|/)
  assert.equal(read(caseLine(caseFixture(), settingsOf('tcp', 1))).get('cs2'), 'R-2D13-8EDA-A499')
  const long = caseEventFixture({ request: { ...event.request, uri: 'x'.repeat(100_000) } })
  assert.ok(eventLine(long, settingsOf('tcp', 1)).length <= 8000)
})

const receiver = async (t: TestContext) => {
  const server = createServer()
  const chunks: Buffer[] = []
  server.on('connection', (socket) => socket.on('data', (chunk: Buffer) => chunks.push(chunk)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { port: (server.address() as AddressInfo).port, text: () => Buffer.concat(chunks).toString() }
}

test('over TCP each line comes with its length, and all of them arrive', async (t) => {
  const { port, text } = await receiver(t)
  const session = syslog.connect(settingsOf('tcp', port), { name: 'syslog', clock: Date.now })
  assert.equal(await syslog.probe(session, callOf()), 'takes connections')
  const events = Array.from({ length: 200 }, (_, i) => caseEventFixture({ id: `e-${i}` }))
  assert.deepEqual(await syslog.actions['send_events']!.run({ events }, session, callOf()), { lines: 200 })
  let rest = text()
  const ids: string[] = []
  while (rest !== '') {
    const [head, length] = /^(\d+) /.exec(rest)!
    const line = Buffer.from(rest.slice(head.length)).subarray(0, Number(length)).toString()
    ids.push(read(line).get('externalId')!)
    rest = Buffer.from(rest.slice(head.length)).subarray(Number(length)).toString()
  }
  assert.deepEqual(
    ids,
    events.map(({ id }) => id),
  )
})

test('over UDP each line is a datagram', async (t) => {
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const came = once(socket, 'message') as Promise<[Buffer]>
  const session = syslog.connect(settingsOf('udp', socket.address().port), { name: 'syslog', clock: Date.now })
  await syslog.actions['send_case']!.run({ case: caseFixture() }, session, callOf())
  assert.match((await came)[0].toString(), /externalId=i-0123456789abcdef01234567/)
})

test('a receiver that is away or hangs is a failure that passes; a dry run sends nothing', async (t) => {
  const away = syslog.connect(settingsOf('tcp', await freePort()), { name: 'syslog', clock: Date.now })
  const send = syslog.actions['send_case']!
  await assert.rejects(send.run({ case: caseFixture() }, away, callOf()), {
    code: 'SYSLOG_UNREACHABLE',
    retry: 'backoff',
  })
  const shown: string[] = []
  const dry = (what: object): never => {
    shown.push(JSON.stringify(what))
    throw new DryRunEnd()
  }
  const { port, text } = await receiver(t)
  const session = syslog.connect(settingsOf('tcp', port), { name: 'syslog', clock: Date.now })
  await assert.rejects(send.run({ case: caseFixture() }, session, callOf({ dry })), DryRunEnd)
  assert.equal(text(), '')
  assert.match(shown[0]!, /CEF:0/)
})
