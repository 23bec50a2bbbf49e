/**
 * nginx by an include file: a `geo` list of the banned, whose values are their reference codes. In: the hub's changes.
 * Out: the file, whole or not at all, and a reload, at most one per `minInterval`. Promised: a change counts as applied
 * when the running nginx has it; a list that nginx refuses is taken back; nothing special or allowlisted is on it.
 *
 * Each reload costs nginx memory and a moment of CPU; where bans are frequent the gate (api/gate) is the better way.
 */
import { readFile } from 'node:fs/promises'
import { referenceOf } from '../../core/reference.ts'
import { type Context, defineConnector } from '../../kit/connector.ts'
import { Listing } from '../../kit/listing.ts'
import type { Entry, Sink, Standing } from '../../kit/sink.ts'
import { addressIn, askStandings, type Told } from '../../kit/standing-probe.ts'
import { parseList } from './list-text.ts'
import { createPublisher, type Place, runningGeneration } from './publisher.ts'
import { masterOf } from './server.ts'
import { type Settings, settings } from './settings.ts'

export default defineConnector({
  id: 'nginx',
  summary: 'Deny in nginx, by a list that it includes and reloads.',
  config: settings,
  example: `
nginx:
  file: /etc/nginx/riposte/banned.conf
  pidFile: /run/nginx.pid
  probe: { url: 'http://127.0.0.1/.riposte/standing', token: 0f9d8c7b6a5e4d3c }
`,
  async open(config, context) {
    return { sink: openLists(config, context) }
  },
  async probe(config) {
    if (config.pidFile !== undefined) await masterOf(config.pidFile)
    if (config.probe) await runningGeneration(config.probe)
  },
})

export const openLists = (config: Settings, { clock, doubt }: Pick<Context, 'clock' | 'doubt'>): Sink => {
  const { probe, pidFile, throttleFile } = config
  const banned: Place = { path: config.file, listing: new Listing(['ban']) }
  const throttled: Place | undefined =
    throttleFile === undefined ? undefined : { path: throttleFile, listing: new Listing(['throttle', 'captcha']) }
  const places = throttled ? [banned, throttled] : [banned]
  const publisher = createPublisher(config, places, clock)
  /** Values whose change nginx is not known to have taken. */
  const pending = new Set<string>()

  const listed = ({ type, value }: Entry): string | undefined =>
    (type === 'ban' ? banned : throttled)?.listing.get(value)

  const standing = (entry: Entry, told: Told): Standing => {
    const shown = entry.type === 'ban' ? told.denied : told.throttled
    const wanted = listed(entry)
    if (shown === (wanted ?? referenceOf(entry.id))) return 'enforced'
    // The address that was asked about has an entry of its own, narrower than this one.
    return wanted !== undefined && shown !== undefined && entry.value.includes('/') ? 'enforced' : 'absent'
  }

  return {
    takes: throttled ? ['ban', 'throttle', 'captcha'] : ['ban'],
    capacity: config.capacity,
    slack: config.minInterval,
    async sync(change, { signal }) {
      for (const { listing } of places) for (const value of listing.take(change).keys()) pending.add(value)
      await publisher.publish(signal)
      pending.clear()
    },
    async verify(entries, { signal }) {
      const known = (entry: Entry): boolean => !pending.has(entry.value)
      if (!probe)
        return entries.map((entry) => {
          if (!known(entry) || pidFile === undefined || publisher.taken() === undefined) return 'unknown'
          return listed(entry) === undefined ? 'absent' : 'enforced'
        })
      const told = await askStandings(
        probe,
        entries.map(({ value }) => addressIn(value)),
        signal,
      )
      return entries.map((entry, i) => (told[i] && known(entry) ? standing(entry, told[i]) : 'unknown'))
    },
    async held({ signal }) {
      const found = new Set<string>()
      for (const { path } of places) {
        const { list, foreign } = parseList(await readFile(path, 'utf8').catch(() => ''))
        for (const value of list.keys()) found.add(value)
        if (foreign > 0) doubt(`${path} holds what is not ours`)
      }
      const taken = publisher.taken()
      if (probe && taken !== undefined && pending.size === 0) {
        const running = await runningGeneration(probe, signal).catch(() => taken)
        if (running !== taken && publisher.taken() === taken) doubt('nginx runs with another list')
      }
      return found
    },
    async close() {},
  }
}
