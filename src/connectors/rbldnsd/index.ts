/**
 * The list as data files of rbldnsd. In: the hub's changes. Out: the files, whole or not at all, and a SIGHUP. Promised:
 * where `server` is given, a change counts as applied when rbldnsd answers with its serial, and what is proved was asked
 * of it; nothing special or allowlisted is in the files.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../core/failure.ts'
import { parseCidr } from '../../core/ip.ts'
import { keyOf } from '../../core/network-key.ts'
import { referenceOf } from '../../core/reference.ts'
import { ListTable } from '../../dns/list-table.ts'
import { reverseName } from '../../dns/reverse-name.ts'
import { type Context, defineConnector } from '../../kit/connector.ts'
import { ask, askSerial } from '../../kit/dns-client.ts'
import { TYPES_OF } from '../../kit/purpose.ts'
import { hangUp, processIn } from '../../kit/running-server.ts'
import type { Sink, Standing } from '../../kit/sink.ts'
import { addressIn } from '../../kit/standing-probe.ts'
import { createFiles } from './files.ts'
import { type Settings, settings } from './settings.ts'

const LOOK_EVERY = 20

export default defineConnector({
  id: 'rbldnsd',
  summary: 'The DNS list as data files of an rbldnsd of yours.',
  config: settings,
  example: `
rbldnsd:
  zone: bl.example.net
  ip4: /var/lib/rbldns/bl.ip4
  ip6: /var/lib/rbldns/bl.ip6
  server: 127.0.0.1:530
  pidFile: /run/rbldnsd.pid
`,
  needs: [{ binary: 'rbldnsd' }],
  async open(config, context) {
    return { sink: openData(config, context) }
  },
  lists: ({ zone, server, purpose }) => (server ? [{ zone, server, purpose }] : []),
  async probe({ server, zone, pidFile }) {
    if (pidFile !== undefined) await rbldnsdIn(pidFile)
    if (server && (await askSerial(server, zone)) === undefined)
      throw new Failure('RBLDNSD_SILENT', `no rbldnsd answers for ${zone} at ${server.host} port ${server.port}`, {
        retry: 'backoff',
        remedy: 'Start it with this zone, or correct server and zone. Its files must be there before it starts.',
      })
  },
})

const rbldnsdIn = (pidFile: string): Promise<number> => processIn(pidFile, 'rbldnsd', 'RBLDNSD_NOT_RUNNING')

export const openData = (config: Settings, { clock, doubt, log }: Pick<Context, 'clock' | 'doubt' | 'log'>): Sink => {
  const { zone, server, pidFile, slack, validFor } = config
  const types = TYPES_OF[config.purpose]
  const table = new ListTable(types)
  const files = createFiles(config, table)
  let writtenAt = Number.NEGATIVE_INFINITY
  let serial: number | undefined
  let last: Promise<unknown> = Promise.resolve()

  const signalled = async (): Promise<void> => {
    if (pidFile === undefined) return
    const remedy = 'Run it as the user of the daemon, or leave pidFile out: then it looks for new files by itself.'
    hangUp(await rbldnsdIn(pidFile), 'rbldnsd', 'RBLDNSD_RELOAD', remedy)
  }

  const publish = async (signal: AbortSignal): Promise<void> => {
    const wait = writtenAt + config.minInterval - clock()
    if (wait > 0) await sleep(wait, undefined, { signal })
    writtenAt = clock()
    serial = undefined
    const next = await files.write(clock(), server && (await askSerial(server, zone)))
    await signalled()
    if (server)
      for (const end = clock() + slack; (await askSerial(server, zone)) !== next; ) {
        if (clock() >= end)
          throw new Failure('RBLDNSD_NOT_LOADED', `rbldnsd does not answer with serial ${next} of ${zone}`, {
            retry: 'backoff',
            remedy:
              'See its log. Does its command line name these files and this zone? Without pidFile slack must exceed its -c.',
          })
        await sleep(LOOK_EVERY, undefined, { signal })
      }
    serial = next
  }

  /** One file at a time: a refreshed one must not overtake a changed one. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }

  const closed = new AbortController()
  const refresh =
    validFor === undefined
      ? undefined
      : setInterval(() => {
          if (clock() - writtenAt < validFor / 3) return
          alone(() => publish(closed.signal)).catch((error: Error) => {
            if (!closed.signal.aborted) log.warn({ error: error.message }, 'data files not written anew')
          })
        }, validFor / 6)

  return {
    takes: types,
    // Without a signal rbldnsd finds new files by itself, within the time that the operator says.
    slack: config.minInterval + (pidFile === undefined ? slack : 0),
    withholds: ({ value }) =>
      value.includes(':') && config.ip6 === undefined ? 'this rbldnsd has no file for IPv6 (ip6)' : undefined,
    sync: (change, { signal }) =>
      alone(async () => {
        if (change.kind === 'snapshot') table.clear()
        if (change.allow) for (const value of table.spare(change.allow)) table.remove(value)
        if (change.kind === 'delta') for (const { value } of change.removed) table.remove(value)
        for (const entry of change.kind === 'snapshot' ? change.entries : change.added) table.put(entry)
        await publish(signal)
      }),
    async verify(entries) {
      if (!server) return entries.map(() => 'unknown')
      const addresses = entries.map(({ value }) => parseCidr(addressIn(value))!)
      const names = addresses.map(({ text, address }) => `${reverseName(text, address.toByteArray())}.${zone}`)
      const told = await ask(server, names, { type: 'TXT' })
      return entries.map(({ id, value }, i): Standing => {
        const answer = told[i]
        if (answer?.rcode !== 'NOERROR' && answer?.rcode !== 'NXDOMAIN') return 'unknown'
        // A narrower entry of its own may answer for the address that was asked about.
        const row = table.rowOf(value) < 0 ? -1 : table.find(keyOf(addresses[i]!))
        return answer.texts.includes(row < 0 ? referenceOf(id) : table.reference(row)) ? 'enforced' : 'absent'
      })
    },
    held: () =>
      alone(async () => {
        const { values, foreign } = await files.read()
        if (foreign > 0) doubt('its data files hold what is not ours')
        const running = server && serial !== undefined ? await askSerial(server, zone) : serial
        if (running !== undefined && running !== serial) doubt('rbldnsd answers from other files')
        return values
      }),
    async report() {
      return serial === undefined ? {} : { serial }
    },
    async close() {
      closed.abort()
      clearInterval(refresh)
      await last
    },
  }
}
