/**
 * A real HAProxy from Debian's package before our shop, with the pieces of configuration that operators get. Believes
 * X-Forwarded-For. Its own folder and port; stopped by process id.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accepts, freePort } from './loopback.ts'
import { startServerProcess } from './server-process.ts'
import { startShop } from './shop.ts'
import { snippet, snippetPath } from './snippet.ts'

export const HAPROXY_PACKAGES = ['haproxy'] as const

export interface HaproxyServer {
  readonly host: string
  readonly port: number
  readonly dir: string
  readonly socket: string
  readonly map: string
  readonly throttleMap: string
  /** Ends the process; its files stay. */
  down(): Promise<void>
  /** Starts another one, with what is on disk. */
  up(): Promise<void>
  stop(): Promise<void>
}

export const startHaproxy = async (): Promise<HaproxyServer> => {
  const dir = await mkdtemp(join(tmpdir(), 'riposte-haproxy-'))
  await chmod(dir, 0o755)
  const port = await freePort()
  const shop = await startShop()
  const [socket, map, throttleMap] = [join(dir, 'admin.sock'), join(dir, 'banned.map'), join(dir, 'throttled.map')]
  for (const path of [map, throttleMap]) await writeFile(path, '')
  const [, global = '', frontend = '', backend = ''] = snippet('haproxy.cfg', {
    '/run/haproxy/admin.sock mode 660 group riposte': `${socket} mode 600`,
    '/etc/haproxy/riposte/banned.map': map,
    '/etc/haproxy/riposte/throttled.map': throttleMap,
    '/etc/haproxy/riposte/haproxy-denied.html': snippetPath('haproxy-denied.html'),
  }).split(/^# --- .*$/m)
  const conf = join(dir, 'haproxy.cfg')
  await writeFile(
    conf,
    `global
${global}
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend site
  bind 127.0.0.1:${port}
  http-request set-src hdr_ip(x-forwarded-for,-1)
${frontend}
  default_backend shop
backend shop
  server shop 127.0.0.1:${shop.port}
${backend}`,
  )
  const start = () =>
    startServerProcess('/usr/sbin/haproxy', ['-W', '-db', '-f', conf], () => accepts('127.0.0.1', port))
  let server = await start()
  return {
    ...{ host: '127.0.0.1', port, dir, socket, map, throttleMap },
    down: () => server.stop(),
    async up() {
      server = await start()
    },
    async stop() {
      await server.stop()
      await shop.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
