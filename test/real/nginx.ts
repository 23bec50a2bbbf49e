/**
 * A real nginx with libmodsecurity3 and the OWASP CRS from Debian's packages, in a directory of its own.
 * Enters: what its audit log should look like. Leaves: the address, the paths of its logs, its process ids.
 * Promises: never the system's service or its files; stopped by process id; the configuration is a file that a person
 * can read in `dir`. Without an upstream it serves our shop, since a bare `return` would skip phase 2 of the rules.
 */
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { accepts, freePort, hostPort } from './loopback.ts'
import { startServerProcess } from './server-process.ts'
import { startShop } from './shop.ts'
import { type WafOptions, wafRules } from './waf-rules.ts'

/** The Debian packages that it needs, for `ensurePackages`. */
export const NGINX_PACKAGES = ['nginx', 'libnginx-mod-http-modsecurity', 'modsecurity-crs'] as const

export interface NginxOptions extends WafOptions {
  /** Worker processes. Default 1. */
  readonly workers?: number
  /** Use nginx's `$request_id` as the transaction id; otherwise ModSecurity's own, which can repeat. */
  readonly requestIdAsTransactionId?: boolean
  /** Addresses to listen on; the port is the same for all. Default 127.0.0.1. */
  readonly addresses?: readonly string[]
  /** Default: a free one. */
  readonly port?: number
  /** `host:port` to proxy to, or `static` for one small file (fast: for load tests). Default: our shop in this process. */
  readonly upstream?: string
  /** Default `info`: the level at which ModSecurity's warnings are written; `warn` has only its denials. */
  readonly errorLevel?: 'info' | 'warn' | 'error'
  /** Format of the access log: article 1's `modsec_json` or nginx's `combined`. Default json. */
  readonly accessFormat?: 'json' | 'combined'
  /** More of the `http` block, and more of the `server` block. */
  readonly http?: string
  readonly serverBlock?: string
  /** Where the audit log goes. Default `<dir>/logs/modsec_audit.log`. */
  readonly auditLog?: string
}

export interface WafServer {
  readonly url: string
  readonly host: string
  readonly port: number
  /** Temporary directory; removed by `stop`. */
  readonly dir: string
  readonly auditLog: string
  /** Root of the per-transaction files when the type is Concurrent. */
  readonly auditStorage: string
  readonly errorLog: string
  readonly accessLog: string
  /** The master first, then its workers as they are now. */
  pids(): readonly number[]
  /** Reads the configuration again (SIGHUP for nginx, a graceful restart for Apache) and waits for new workers. */
  reload(): Promise<void>
  /** What logrotate sends: SIGUSR1 to the master. */
  reopen(): Promise<void>
  stop(options?: { readonly keepFiles?: boolean }): Promise<void>
}

export const startNginx = async (options: NginxOptions = {}): Promise<WafServer> => {
  const dir = await mkdtemp(join(tmpdir(), 'riposte-nginx-'))
  const port = options.port ?? (await freePort())
  const addresses = options.addresses ?? ['127.0.0.1']
  const auditLog = options.auditLog ?? join(dir, 'logs', 'modsec_audit.log')
  const place = { auditLog, storage: join(dir, 'audit'), data: join(dir, 'data') }
  await prepareDirectory(dir, ['logs', 'audit', 'data', 'body', 'proxy', 'html'])
  await writeFile(
    join(dir, 'html', 'index.html'),
    `<!doctype html><title>static</title>${'<p>a line of text</p>'.repeat(20)}`,
  )
  await writeFile(join(dir, 'modsecurity.conf'), wafRules(3, options, place))
  const shop = options.upstream === undefined ? await startShop() : undefined
  const upstream = options.upstream ?? hostPort('127.0.0.1', shop!.port)
  const paths = { errorLog: join(dir, 'logs', 'error.log'), accessLog: join(dir, 'logs', 'access.log') }
  await writeFile(join(dir, 'nginx.conf'), configuration(dir, options, addresses, port, upstream, paths))
  const host = addresses[0]!
  const server = await startServerProcess(
    '/usr/sbin/nginx',
    ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', paths.errorLog],
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
    reload: async () => {
      const before = new Set(server.pids().slice(1))
      server.signal('SIGHUP')
      // The new workers accept before the old ones are gone, so their ids are the sign.
      for (
        let i = 0;
        i < 200 &&
        server
          .pids()
          .slice(1)
          .filter((p) => !before.has(p)).length === 0;
        i++
      )
        await sleep(25)
    },
    reopen: async () => {
      server.signal('SIGUSR1')
      await sleep(200)
    },
    stop: async ({ keepFiles = false } = {}) => {
      await server.stop()
      await shop?.stop()
      if (!keepFiles) await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Sub-directories that both the master (root) and the workers (www-data) can use. */
export const prepareDirectory = async (dir: string, names: readonly string[]): Promise<void> => {
  await chmod(dir, 0o755)
  for (const name of names) {
    await mkdir(join(dir, name), { recursive: true })
    if (process.getuid?.() === 0) await chown(join(dir, name), WWW_DATA, WWW_DATA)
  }
}

/** Fixed in Debian since ever: base-passwd. */
const WWW_DATA = 33

const configuration = (
  dir: string,
  options: NginxOptions,
  addresses: readonly string[],
  port: number,
  upstream: string,
  paths: { readonly errorLog: string; readonly accessLog: string },
): string => `${process.getuid?.() === 0 ? 'user www-data;' : ''}
load_module /usr/lib/nginx/modules/ngx_http_modsecurity_module.so;
daemon off;
worker_processes ${options.workers ?? 1};
pid ${dir}/nginx.pid;
error_log ${paths.errorLog} ${options.errorLevel ?? 'info'};
events { worker_connections 1024; }
http {
  log_format modsec_json escape=json '{'
    '"time":"$time_iso8601","remote_addr":"$remote_addr","request":"$request","status":$status,'
    '"body_bytes_sent":$body_bytes_sent,"http_referer":"$http_referer","http_user_agent":"$http_user_agent",'
    '"request_time":$request_time,"upstream_response_time":"$upstream_response_time"}';
  access_log ${paths.accessLog} ${options.accessFormat === 'combined' ? 'combined' : 'modsec_json'};
  default_type text/html;
  client_max_body_size 16m;
  client_body_buffer_size 256k;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/data;
  uwsgi_temp_path ${dir}/data;
  scgi_temp_path ${dir}/data;
  modsecurity on;
  modsecurity_rules_file ${dir}/modsecurity.conf;
  ${options.requestIdAsTransactionId ? 'modsecurity_transaction_id $request_id;' : ''}
  ${options.http ?? ''}
  server {
${addresses.map((a) => `    listen ${hostPort(a, port)};`).join('\n')}
    server_name _;
    ${options.serverBlock ?? ''}
    location / {
${
  upstream === 'static'
    ? `      root ${dir}/html;
      try_files $uri /index.html;`
    : `      proxy_pass http://${upstream};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;`
}
    }
  }
}
`
