/**
 * Real name servers that hold a list for Riposte: a BIND that takes updates, a BIND that loads a zone file, an rbldnsd;
 * each with an empty list. Beside them what stands under `enforce:`, and what befalls such servers.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emptyZone, KEY, startDynamicZone, ZONE } from './dynamic-zone.ts'
import { freePort } from './loopback.ts'
import { NAMED_PACKAGES, startNamed } from './named.ts'
import { RBLDNSD_PACKAGES, rbldnsdPlace } from './rbldnsd.ts'

export const LISTING_PACKAGES = [...NAMED_PACKAGES, ...RBLDNSD_PACKAGES]

export interface ListingServer {
  readonly port: number
  /** Under its connector's id. */
  readonly point: Readonly<Record<string, unknown>>
  signal(name: NodeJS.Signals): void
  /** As by kill -9. */
  crash(): Promise<void>
  restart(): Promise<void>
  /** By other hands: one listed name goes, another comes. */
  edit(listed: string, other: string): void
}

export interface ListingServers {
  readonly zone: string
  readonly servers: Readonly<Record<'bind-update' | 'bind-file' | 'rbldnsd', ListingServer>>
  stop(): Promise<void>
}

const nameOf = (address: string): string => `${address.split('.').reverse().join('.')}.${ZONE}.`

/** Leaves out the lines of `listed`; adds one. The file keeps its serial, as hands in a hurry leave it. */
const editLines = (file: string, listed: string, line: string): void => {
  const lines = readFileSync(file, 'latin1').split('\n')
  writeFileSync(file, `${lines.filter((one) => !one.startsWith(`${listed} `)).join('\n')}${line}\n`)
}

export const startListingServers = async (): Promise<ListingServers> => {
  const dynamic = await startDynamicZone()
  const loading = await startNamed(await freePort(), ZONE, (dir) => {
    writeFileSync(join(dir, 'bl.db'), emptyZone(1))
    return `zone "${ZONE}" { type primary; file "${dir}/bl.db"; allow-transfer { 127.0.0.1; }; };`
  })
  const file = join(loading.dir, 'bl.db')
  const place = await rbldnsdPlace(ZONE)
  writeFileSync(place.ip4, '$SOA 60 localhost hostmaster.localhost 1 60 30 86400 5\n$NS 60 localhost\n')
  writeFileSync(place.ip6, '')
  let rbldnsd = await place.up()

  const { port, ip4, ip6, pidFile } = place
  const soon = { zone: ZONE, minInterval: '50ms' }
  return {
    zone: ZONE,
    servers: {
      'bind-update': {
        port: dynamic.port,
        point: { bind: { mode: 'update', zone: ZONE, server: `127.0.0.1:${dynamic.port}`, key: KEY, timeout: '1s' } },
        signal: dynamic.signal,
        crash: dynamic.crash,
        restart: dynamic.restart,
        edit(listed, other) {
          const input = `server 127.0.0.1 ${dynamic.port}
update delete ${nameOf(listed)}
update add ${nameOf(other)} 60 A 127.0.0.2
send
`
          execFileSync('nsupdate', ['-y', `hmac-sha256:${KEY.name}:${KEY.secret}`], { input })
        },
      },
      'bind-file': {
        port: loading.port,
        point: {
          bind: {
            ...{ ...soon, mode: 'file', server: `127.0.0.1:${loading.port}`, timeout: '1s' },
            ...{ file, pidFile: join(loading.dir, 'named.pid') },
          },
        },
        signal: loading.signal,
        crash: loading.crash,
        restart: loading.restart,
        edit(listed, other) {
          const name = nameOf(other)
          editLines(file, listed.split('.').reverse().join('.'), `${name} 60 IN A 127.0.0.2`)
          loading.signal('SIGHUP')
        },
      },
      rbldnsd: {
        port,
        point: { rbldnsd: { ...soon, ip4, ip6, pidFile, server: `127.0.0.1:${port}`, slack: '2s' } },
        signal: (name) => rbldnsd.signal(name),
        crash: async () => {
          rbldnsd.signal('SIGKILL')
          await rbldnsd.stop()
        },
        restart: async () => {
          rbldnsd = await place.up()
        },
        edit(listed, other) {
          editLines(ip4, listed, `${other} :127.0.0.2:`)
          rbldnsd.signal('SIGHUP')
        },
      },
    },
    async stop() {
      await Promise.all([dynamic.stop(), loading.stop(), rbldnsd.stop()])
      place.remove()
    },
  }
}
