/** A real rbldnsd in the foreground, in a folder of its own, with the data files that the caller has written. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askSerial } from '../../src/kit/dns-client.ts'
import { freePort } from './loopback.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

export const RBLDNSD_PACKAGES = ['rbldnsd'] as const

export interface Rbldnsd {
  readonly port: number
  readonly ip4: string
  readonly ip6: string
  readonly pidFile: string
  /** Starts one with what is on disk; `check`: seconds between its looks at the files. */
  up(check?: number): Promise<ServerProcess>
  remove(): void
}

export const rbldnsdPlace = async (zone: string): Promise<Rbldnsd> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-rbldnsd-'))
  // It drops root before it reads its files, and writes its process id there.
  chmodSync(dir, 0o777)
  const port = await freePort()
  const [ip4, ip6, pidFile] = [join(dir, 'bl.ip4'), join(dir, 'bl.ip6'), join(dir, 'rbldnsd.pid')]
  return {
    ...{ port, ip4, ip6, pidFile },
    up(check = 600) {
      const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
      const place = ['-b', `127.0.0.1/${port}`, '-p', pidFile, '-c', String(check)]
      const zones = [`${zone}:ip4trie:${ip4}`, `${zone}:ip6trie:${ip6}`]
      return startServerProcess(
        '/usr/sbin/rbldnsd',
        ['-n', ...user, ...place, ...zones],
        async () => (await askSerial({ host: '127.0.0.1', port }, zone)) !== undefined,
      )
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}
