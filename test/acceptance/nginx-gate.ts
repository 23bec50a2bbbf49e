/**
 * The shipped nginx snippet on a real nginx with ModSecurity: bans hold from the next request on, visitors see the
 * reference only, and a Riposte that is gone takes no site down. Runs in a network namespace.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bin, DaemonProcess, root } from '../chaos/daemon-process.ts'
import { enterNamespace } from '../real/network-namespace.ts'
import { startNginx } from '../real/nginx.ts'

const PORT = 8080

const main = async (): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-gate-'))
  const undo: (() => Promise<unknown> | unknown)[] = [() => rmSync(dir, { recursive: true, force: true })]
  try {
    const site = await startNginx({
      addresses: ['192.0.2.81', '2001:db8::81'],
      port: 8081,
      http: `upstream riposte { server 127.0.0.1:${PORT}; keepalive 16; }`,
      serverBlock: `include ${join(root, 'content/enforce/nginx-gate.conf')};`,
    })
    undo.push(() => site.stop())
    const get = (from: string): Promise<{ status: number; body: string; cache: string | undefined }> =>
      new Promise((resolve, reject) => {
        const call = request(
          {
            host: from.includes(':') ? '2001:db8::81' : '192.0.2.81',
            port: 8081,
            localAddress: from,
            agent: false,
            headers: { host: 'shop.example.net', accept: '*/*', 'user-agent': 'Mozilla/5.0' },
          },
          (answer) => {
            let body = ''
            answer.setEncoding('utf8').on('data', (text: string) => {
              body += text
            })
            answer.on('end', () =>
              resolve({ status: answer.statusCode!, body, cache: answer.headers['cache-control'] }),
            )
          },
        )
        call.on('error', reject)
        call.end()
      })
    const until = async (from: string, status: number) => {
      for (const end = Date.now() + 10_000; Date.now() < end; await sleep(30)) {
        const answer = await get(from)
        if (answer.status === status) return answer
      }
      return assert.fail(`${from} does not get ${status}: ${readFileSync(site.errorLog, 'utf8').slice(-600)}`)
    }

    assert.equal((await get('203.0.113.66')).status, 200, 'no Riposte yet: the site is up')
    const daemon = new DaemonProcess(
      dir,
      'riposte',
      (database) => `
state: ${database}
sensors: [{ id: site, sources: [{ file: ${site.auditLog} }] }]
http: { listen: ['127.0.0.1:${PORT}'] }
`,
    )
    await daemon.start()
    undo.push(() => daemon.end('SIGKILL'))
    const riposte = (...args: string[]) =>
      spawnSync(process.execPath, [bin, ...args, '--state', daemon.database], {
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1' },
      })
    assert.equal((await get('203.0.113.66')).status, 200)
    for (const value of ['203.0.113.66', '203.0.113.128/25', '2001:db8:1:2::/64'])
      assert.equal(riposte('decisions', 'add', value, '-r', 'test').status, 0)
    const denied = await until('203.0.113.66', 403)
    const reference = /R-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}/.exec(denied.body)?.[0]
    assert.ok(reference, denied.body)
    assert.equal(denied.cache, 'no-store')
    const page = JSON.parse(riposte('why', reference, '--json').stdout) as { decision: { value: string } }
    assert.equal(page.decision.value, '203.0.113.66')
    assert.equal((await get('203.0.113.200')).status, 403)
    assert.equal((await get('2001:db8:1:2::9')).status, 403)
    assert.equal((await get('198.51.100.20')).status, 200)
    assert.equal((await get('2001:db8:1:3::9')).status, 200)
    console.log(`denied with ${reference}; ranges and IPv6, too; innocents pass`)

    assert.equal(riposte('decisions', 'remove', '203.0.113.66').status, 0)
    await until('203.0.113.66', 200)
    assert.equal((await get('203.0.113.200')).status, 403)
    await daemon.end('SIGKILL')
    assert.equal((await get('203.0.113.200')).status, 200, 'Riposte gone: fail open')
    await daemon.start()
    await until('203.0.113.200', 403)
    console.log('lifted; killed: the site stays up; started: in force again')
  } finally {
    for (const end of undo.reverse()) await end()
  }
}

const code = enterNamespace()
if (code !== undefined) process.exit(code)
await main()
process.exit(0)
