/**
 * A real Apache with mod_security2 (ModSecurity v2) and the OWASP CRS from Debian's packages, as a reverse proxy before
 * our shop. Same promises as `nginx.ts`: own directory, free port, never the system's service, stopped by process id.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { accepts, freePort, hostPort } from './loopback.ts'
import { prepareDirectory, type WafServer } from './nginx.ts'
import { startServerProcess } from './server-process.ts'
import { startShop } from './shop.ts'
import { type WafOptions, wafRules } from './waf-rules.ts'

/** The Debian packages that it needs, for `ensurePackages`. */
export const APACHE_PACKAGES = ['apache2', 'libapache2-mod-security2', 'modsecurity-crs'] as const

export interface ApacheOptions extends WafOptions {
  /** Addresses to listen on; the port is the same for all. Default 127.0.0.1. */
  readonly addresses?: readonly string[]
  /** Default: a free one. */
  readonly port?: number
  /** `host:port` to proxy to. Default: our shop in this process. */
  readonly upstream?: string
  /** Where the audit log goes. Default `<dir>/logs/modsec_audit.log`. */
  readonly auditLog?: string
  /** Further modules, by their names without `_module`. */
  readonly modules?: readonly string[]
  /** More of the server's configuration. */
  readonly server?: string
}

const MODULES = ['mpm_event', 'authz_core', 'unique_id', 'proxy', 'proxy_http', 'security2'] as const

export const startApache = async (options: ApacheOptions = {}): Promise<WafServer> => {
  const dir = await mkdtemp(join(tmpdir(), 'riposte-apache-'))
  const port = options.port ?? (await freePort())
  const addresses = options.addresses ?? ['127.0.0.1']
  const auditLog = options.auditLog ?? join(dir, 'logs', 'modsec_audit.log')
  const place = { auditLog, storage: join(dir, 'audit'), data: join(dir, 'data') }
  await prepareDirectory(dir, ['logs', 'audit', 'data', 'run'])
  await writeFile(join(dir, 'modsecurity.conf'), wafRules(2, options, place))
  const shop = options.upstream === undefined ? await startShop() : undefined
  const upstream = options.upstream ?? hostPort('127.0.0.1', shop!.port)
  const paths = { errorLog: join(dir, 'logs', 'error.log'), accessLog: join(dir, 'logs', 'access.log') }
  await writeFile(join(dir, 'apache2.conf'), configuration(dir, options, addresses, port, upstream, paths))
  const host = addresses[0]!
  const server = await startServerProcess(
    '/usr/sbin/apache2',
    ['-d', dir, '-f', join(dir, 'apache2.conf'), '-D', 'FOREGROUND'],
    () => accepts(host, port),
  ).catch(async (error: unknown) => {
    await shop?.stop()
    throw error
  })
  return {
    url: `http://${hostPort(host, port)}`,
    host,
    port,
    dir,
    auditLog,
    auditStorage: place.storage,
    ...paths,
    pids: server.pids,
    // For Apache one signal does both: a graceful restart reads the configuration and opens the logs anew.
    reload: async () => {
      server.signal('SIGUSR1')
      await sleep(1000)
    },
    reopen: async () => {
      server.signal('SIGUSR1')
      await sleep(1000)
    },
    stop: async ({ keepFiles = false } = {}) => {
      await server.stop()
      await shop?.stop()
      if (!keepFiles) await rm(dir, { recursive: true, force: true })
    },
  }
}

const configuration = (
  dir: string,
  options: ApacheOptions,
  addresses: readonly string[],
  port: number,
  upstream: string,
  paths: { readonly errorLog: string; readonly accessLog: string },
): string => `${[...MODULES, ...(options.modules ?? [])].map((m) => `LoadModule ${m}_module /usr/lib/apache2/modules/mod_${m}.so`).join('\n')}
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
ServerName shop.example.net
DefaultRuntimeDir ${dir}/run
PidFile ${dir}/run/apache2.pid
Mutex file:${dir}/run default
${addresses.map((a) => `Listen ${hostPort(a, port)}`).join('\n')}
StartServers 1
ServerLimit 2
ThreadsPerChild 25
MaxRequestWorkers 50
ErrorLog ${paths.errorLog}
LogLevel warn
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
CustomLog ${paths.accessLog} combined
<Location />
  Require all granted
</Location>
${options.server ?? ''}
ProxyPreserveHost On
AllowEncodedSlashes NoDecode
ProxyPass / http://${upstream}/ nocanon
Include ${dir}/modsecurity.conf
`
