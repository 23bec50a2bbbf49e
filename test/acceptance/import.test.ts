/** Lists go into a running daemon, through its guards, in parts; ended in the middle, they say what was done. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '../../src/store/open.ts'
import { bin, DaemonProcess } from '../chaos/daemon-process.ts'

const dir = mkdtempSync(join(tmpdir(), 'riposte-import-'))

/** `count` addresses of 11.0.0.0/8, and behind each hundredth one that must not be restrained. */
const list = (name: string, count: number): string => {
  const spared = ['10.0.0.1', '198.51.100.9', '127.0.0.1', '192.0.2.0/24', 'fe80::1']
  const lines = Array.from({ length: count }, (_, i) => {
    const address = `11.${i >> 16}.${(i >> 8) & 255}.${i & 255}`
    return i % 100 === 0 ? `${address}\n${spared[(i / 100) % spared.length]}` : address
  })
  const path = join(dir, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

interface Told {
  readonly read: number
  readonly imported: number
  readonly added: number
  readonly covered: number
  readonly refused: number
  readonly unreadable: number
  readonly notSent: number
  readonly refusedReasons: Readonly<Record<string, number>>
}

const adds = (told: Told): boolean =>
  told.read === told.imported + told.covered + told.refused + told.unreadable + told.notSent

describe('import into a running daemon', () => {
  const daemon = new DaemonProcess(
    dir,
    'daemon',
    (database) => `state: ${database}
sensors: [{ id: web, sources: [{ file: ${join(dir, 'audit.log')} }] }]
decide: { allowlist: [198.51.100.0/24], own: [192.0.2.7] }
`,
  )
  before(() => {
    writeFileSync(join(dir, 'audit.log'), '')
    return daemon.start()
  })
  after(async () => {
    await daemon.end('SIGTERM')
    rmSync(dir, { recursive: true, force: true })
  })

  const riposte = (...args: string[]) => {
    const child = spawn(process.execPath, [bin, ...args, '--config', daemon.config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number, out, err })) }
  }

  test('every entry goes through its guards, and the account adds up', async () => {
    const path = list('twelve.txt', 12_000)
    const first = await riposte('import', 'csv', path, '--duration', '4h', '--json').ended
    assert.equal(first.code, 0, first.err)
    const told = JSON.parse(first.out) as Told
    assert.ok(adds(told), first.out)
    assert.deepEqual([told.read, told.added, told.refusedReasons], [12_120, 12_000, { special: 72, spared: 48 }])

    const listed = await riposte('export', '--format', 'plain').ended
    assert.equal(listed.code, 0, listed.err)
    const values = listed.out.trim().split('\n')
    assert.equal(values.length, 12_000)
    assert.ok(values.every((value) => value.startsWith('11.')))

    const again = JSON.parse((await riposte('import', 'csv', path, '--duration', '1h', '--json').ended).out) as Told
    assert.ok(adds(again))
    assert.deepEqual([again.imported + again.covered, again.added], [12_000, 0])
  })

  test('ended in the middle it says what was done, and the rest is imported the next time', async () => {
    const path = list('many.txt', 40_000)
    const { child, ended } = riposte('import', 'csv', path, '--list', 'many', '--duration', '8h', '--json')
    const store = await openStore(daemon.database)
    try {
      // The list is read before anything is sent; from the first commit on there are more rows.
      while ((await store.status()).rows.decisions < 14_000 && child.exitCode === null) await sleep(20)
    } finally {
      await store.close()
    }
    child.kill('SIGINT')
    const stopped = await ended
    assert.equal(stopped.code, 1, `${stopped.out}${stopped.err}`)
    const told = JSON.parse(stopped.out) as Told
    assert.ok(adds(told) && told.notSent > 0 && told.imported > 0, stopped.out)

    const rest = JSON.parse((await riposte('import', 'csv', path, '--list', 'many', '--json').ended).out) as Told
    assert.ok(adds(rest) && rest.notSent === 0, JSON.stringify(rest))
    assert.equal(rest.imported + rest.covered, 40_000)
  })
})
