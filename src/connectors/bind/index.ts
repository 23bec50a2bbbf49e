/**
 * The list in a BIND of the operator's: by dynamic updates, or by a zone file that it loads. In: the hub's changes. Out:
 * the records that our own list answers with, in a zone of BIND's. Promised: what is proved was asked of the running
 * BIND; nothing special or allowlisted is in the zone. What has ended leaves it when the hub says so: a BIND whose
 * Riposte is gone keeps the list as it was.
 */

import { parseCidr } from '../../core/ip.ts'
import { referenceOf } from '../../core/reference.ts'
import { zoneWithholds } from '../../dns/list-records.ts'
import { ListTable } from '../../dns/list-table.ts'
import { reverseName } from '../../dns/reverse-name.ts'
import { type Context, defineConnector } from '../../kit/connector.ts'
import { ask } from '../../kit/dns-client.ts'
import { TYPES_OF } from '../../kit/purpose.ts'
import { run } from '../../kit/running-server.ts'
import type { Sink, Standing } from '../../kit/sink.ts'
import { addressIn } from '../../kit/standing-probe.ts'
import { type Settings, settings } from './settings.ts'
import { openStream, withStream } from './stream.ts'
import { type Asker, askSerial, tryTransfer } from './transfer.ts'
import { tryUpdate } from './updater.ts'
import { openUpdates } from './updates.ts'
import { bindProcess, openZoneFile } from './zone-file.ts'
import { createZoneList } from './zone-list.ts'

export default defineConnector({
  id: 'bind',
  summary: 'The DNS list in a BIND of yours, by dynamic updates or as a zone file.',
  config: settings,
  example: `
bind:
  mode: update
  zone: bl.example.net
  server: 192.0.2.53:53
  key: { name: riposte, secret: c2VjcmV0IG9mIHRoaXJ0eSB0d28gYnl0ZXMgb3IgbW9yZQ== }
`,
  needs: [{ binary: 'named-checkzone' }],
  async open(config, context) {
    return { sink: openZone(config, context) }
  },
  lists: ({ zone, server, purpose }) => [{ zone, server, purpose }],
  async probe(config) {
    const asker = askerOf(config, Date.now)
    const connect = () => openStream(config.server, config.timeout, new AbortController().signal)
    await withStream(connect(), (stream) => askSerial(stream, asker))
    await withStream(connect(), (stream) => tryTransfer(stream, asker))
    if (config.mode === 'update') return withStream(connect(), (stream) => tryUpdate(stream, asker))
    await run([config.checkzone, '-v'], {
      code: 'BIND_CHECKZONE',
      what: `${config.checkzone} cannot be run`,
      remedy: 'Install bind9-utils, or give checkzone its path.',
    })
    if (config.reload === undefined) await bindProcess(config.pidFile!)
  },
})

const askerOf = ({ zone, key }: Settings, clock: Context['clock']): Asker => ({
  zone,
  key: key && { ...key, secret: Buffer.from(key.secret.reveal(), 'base64') },
  clock,
})

export const openZone = (config: Settings, { clock, doubt }: Pick<Context, 'clock' | 'doubt'>): Sink => {
  const types = TYPES_OF[config.purpose]
  const list = createZoneList(new ListTable(types), Math.floor(config.ttl / 1000))
  const asker = askerOf(config, clock)
  const connect = (signal: AbortSignal) => openStream(config.server, config.timeout, signal)
  const common = { list, asker, connect, clock, doubt }
  const way =
    config.mode === 'update'
      ? openUpdates(common)
      : openZoneFile({ ...common, config: { ...config, file: config.file! } })

  return {
    ...way,
    takes: types,
    withholds: ({ value }) => zoneWithholds(value),
    async verify(entries) {
      const addresses = entries.map(({ value }) => addressIn(value))
      const names = addresses.map((ip) => `${reverseName(ip, parseCidr(ip)!.address.toByteArray())}.${config.zone}`)
      const told = await ask(config.server, names, { type: 'TXT' })
      return entries.map(({ id, value }, i): Standing => {
        const answer = told[i]
        if (answer?.rcode !== 'NOERROR' && answer?.rcode !== 'NXDOMAIN') return 'unknown'
        // A narrower entry of its own may answer for the address that was asked about.
        const wanted = list.holds(value) ? list.answerFor(addresses[i]!) : referenceOf(id)
        return wanted !== undefined && answer.texts.includes(wanted) ? 'enforced' : 'absent'
      })
    },
    async close() {},
  }
}
