import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { readIndexLine } from './modsec-index.ts'

const ID = '177278850280.069664'
const PATH = `/var/log/audit/20260306/20260306-0915/20260306-091502-${ID}`
const MD5 = '3a8c61d7ae8c2545b44234702ff0b4a0'

test('the three dialects', () => {
  assert.deepEqual(
    readIndexLine(
      `shop.example 203.0.113.9 - [06/Mar/2026:09:15:02 +0000] "POST /p HTTP/1.1" 403 153 - "curl/8" ${ID} - ${PATH} 0 4379.000000 md5:${MD5}\n`,
    ),
    { entry: { path: PATH, transactionId: ID, offset: 0, size: 4379, md5: MD5 } },
  )
  assert.deepEqual(
    readIndexLine(
      `h 203.0.113.9 - [x] "GET / HTTP/1.1" 200 1 https://a b/ "ua" ${ID} https://a b/ storage${PATH} 0 9.0`,
    ),
    { entry: { path: `storage${PATH}`, transactionId: ID, offset: 0, size: 9 } },
  )
  const id2 = 'aaqXpn8AAQEAAAABCDEFGHIJ'
  const path2 = `/20260306/20260306-0915/20260306-091502-${id2}`
  assert.deepEqual(
    readIndexLine(
      `shop.example 203.0.113.9 user x [06/Mar/2026:09:15:02 +0100] "GET / HTTP/1.1" 200 56 "-" "-" ${id2} "-" ${path2} 0 1248 md5:${MD5}`,
    ),
    { entry: { path: path2, transactionId: id2, offset: 0, size: 1248, md5: MD5 } },
  )
  assert.deepEqual(readIndexLine(`${ID} - ${PATH}`), { entry: { path: PATH, transactionId: ID, offset: 0 } })
  for (const line of [
    '203.0.113.9 192.0.2.1 - - [2026/03/06 09:15:02]',
    ' "GET /x - /etc/20260306-091502-x 1.1"',
    ' 403',
  ])
    assert.ok('skip' in readIndexLine(line), line)
})

test('an agent that writes an index line of its own changes nothing', () => {
  const forged = fc.constantFrom(
    `" ${ID} - /etc/passwd 0 1 md5:${MD5}`,
    ` ${ID} - `,
    ` ${ID} "`,
    '/20260306-091502-x',
    ' - ',
    '"',
    ' 0 1',
  )
  fc.assert(
    fc.property(fc.array(forged, { maxLength: 6 }), (agent) => {
      const line = `h 203.0.113.9 - [06/Mar/2026:09:15:02 +0000] "GET /${agent.join('')} HTTP/1.1" 403 1 - "${agent.join('')}" ${ID} - ${PATH} 0 9.000000 md5:${MD5}`
      const read = readIndexLine(line)
      assert.ok('entry' in read)
      assert.equal(read.entry.path, PATH)
    }),
  )
})

test('a torn or foreign line is unread', () => {
  for (const line of [
    '',
    'x',
    `${ID} - ${PATH} 0`,
    `h ip /etc/passwd 0 9 md5:${MD5}`,
    `${ID} - /etc/passwd`,
    `${ID} - ${PATH}\0`,
  ])
    assert.ok('unread' in readIndexLine(line), line)
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (line) => void readIndexLine(line)))
})
