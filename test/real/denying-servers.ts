/**
 * Real nginx, Apache and HAProxy with the snippets that operators get, each with an empty list of the banned; and what
 * stands under `enforce:` to have these lists kept. All believe X-Forwarded-For.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { APACHE_PACKAGES, startApache } from './apache.ts'
import { HAPROXY_PACKAGES, type HaproxyServer, startHaproxy } from './haproxy.ts'
import { NGINX_PACKAGES, startNginx, type WafServer } from './nginx.ts'
import { snippet } from './snippet.ts'

export const DENYING_PACKAGES = [...new Set([...NGINX_PACKAGES, ...APACHE_PACKAGES, ...HAPROXY_PACKAGES])]

const TOKEN = '0123456789abcdef0123456789abcdef'

export interface DenyingServers {
  readonly nginx: WafServer
  readonly apache: WafServer
  readonly haproxy: HaproxyServer
  /** nginx's list and Apache's map. */
  readonly banned: string
  readonly map: string
  /** By connector. */
  readonly points: Readonly<Record<'nginx' | 'apache' | 'haproxy', Readonly<Record<string, unknown>>>>
  stop(): Promise<void>
}

export const startDenyingServers = async (): Promise<DenyingServers> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-servers-'))
  chmodSync(dir, 0o755)
  const file = (name: string): string => {
    writeFileSync(join(dir, name), '')
    return join(dir, name)
  }
  const [banned, throttled, map] = [file('banned.conf'), file('throttled.conf'), file('banned.txt')]
  const nginx = await startNginx({
    crs: false,
    http: `set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;\n${snippet('nginx-list-http.conf', {
      TOKEN,
      '/etc/nginx/riposte/banned.conf': banned,
      '/etc/nginx/riposte/throttled.conf': throttled,
    })}`,
    serverBlock: snippet('nginx-list-server.conf'),
  })
  const apache = await startApache({
    crs: false,
    modules: ['rewrite', 'headers', 'remoteip'],
    server: `RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n${snippet('apache.conf', {
      '=TOKEN': `=${TOKEN}`,
      '/etc/apache2/riposte/banned.txt': map,
    })}`,
  })
  const haproxy = await startHaproxy()
  const probe = (url: string) => ({ url: `${url}/.riposte/standing`, token: TOKEN })
  return {
    ...{ nginx, apache, haproxy, banned, map },
    points: {
      nginx: { file: banned, pidFile: join(nginx.dir, 'nginx.pid'), minInterval: '200ms', probe: probe(nginx.url) },
      apache: { map, probe: probe(apache.url) },
      haproxy: { socket: haproxy.socket, map: haproxy.map },
    },
    async stop() {
      await Promise.all([nginx.stop(), apache.stop(), haproxy.stop()])
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
