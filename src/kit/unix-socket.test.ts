import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { clearSocket } from './unix-socket.ts'

const folder = mkdtempSync(join(tmpdir(), 'riposte-socket-'))
after(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

test('a file, a folder or a link at the place of a socket is kept and told of', async () => {
  writeFileSync(at('file'), 'precious')
  mkdirSync(at('folder'))
  symlinkSync(at('file'), at('link'))
  for (const name of ['file', 'folder', 'link'])
    await assert.rejects(clearSocket(at(name)), {
      code: 'NOT_A_SOCKET',
      message: `${at(name)} exists and is no socket`,
    })
  assert.equal(readFileSync(at('file'), 'utf8'), 'precious')
})

test('a socket in use is kept; one that a killed process left behind goes; an absent one is fine', async () => {
  const server = createServer().listen(at('used'))
  await once(server, 'listening')
  await assert.rejects(clearSocket(at('used')), { code: 'SOCKET_IN_USE' })
  server.close()
  const left = at('left')
  const script = `require('net').createServer().listen(${JSON.stringify(left)}, () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', script]), 'exit')
  assert.ok(existsSync(left))
  await clearSocket(left)
  assert.ok(!existsSync(left))
  await clearSocket(left)
})
