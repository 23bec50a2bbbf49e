/**
 * HAProxy by its maps: changed in the running process through its admin socket, without a reload, and on disk, so that
 * a reload keeps them. In: the hub's changes. Out: address or network → reference code. Promised: a snapshot takes the
 * place of the old map at once; what is proved was read from the running process; nothing special or allowlisted is there.
 */
import { parseCidr } from '../../core/ip.ts'
import { referenceOf } from '../../core/reference.ts'
import { replaceFile } from '../../kit/atomic-file.ts'
import { type Context, defineConnector } from '../../kit/connector.ts'
import { Listing } from '../../kit/listing.ts'
import type { Change, Entry, Sink, Standing } from '../../kit/sink.ts'
import { addressIn } from '../../kit/standing-probe.ts'
import { type MapEntry, RuntimeApi } from './runtime-api.ts'
import { type Settings, settings } from './settings.ts'

export default defineConnector({
  id: 'haproxy',
  summary: 'Deny in HAProxy, by a map that is changed while it runs.',
  config: settings,
  example: `
haproxy:
  socket: /run/haproxy/admin.sock
  map: /etc/haproxy/riposte/banned.map
`,
  async open(config, context) {
    return { sink: openMaps(config, context) }
  },
  async probe({ socket, map, throttleMap }) {
    const api = new RuntimeApi(socket)
    for (const path of throttleMap === undefined ? [map] : [map, throttleMap]) await api.get(path, ['192.0.2.1'])
  },
})

/**
 * HAProxy looks for a key that is to be changed from the first entry to the last, and serves nobody meanwhile (13 ms of
 * 100,000 entries, measured with 2.6): beyond so many a new map costs it less.
 */
const MANY = 50

interface Place {
  readonly path: string
  readonly listing: Listing
}

export const openMaps = (config: Settings, { doubt }: Pick<Context, 'doubt'>): Sink => {
  const { throttleMap } = config
  const api = new RuntimeApi(config.socket)
  const banned: Place = { path: config.map, listing: new Listing(['ban']) }
  const throttled: Place | undefined =
    throttleMap === undefined ? undefined : { path: throttleMap, listing: new Listing(['throttle', 'captcha']) }
  const places = throttled ? [banned, throttled] : [banned]
  const placeOf = ({ type }: Entry): Place | undefined => (type === 'ban' ? banned : throttled)
  /** The process that was changed last; another one has read its maps from disk. */
  let pid: string | undefined

  const change = async ({ path, listing }: Place, next: Change): Promise<void> => {
    const before = new Map(next.kind === 'delta' ? next.added.map(({ value }) => [value, listing.get(value)]) : [])
    const difference = listing.take(next)
    // First the disk: a HAProxy that starts in between reads what it is about to be told.
    await replaceFile(path, textLines(listing))
    if (next.kind === 'snapshot') return api.replace(path, mapEntries(listing))
    const gone: string[] = []
    const fresh: MapEntry[] = []
    const known: MapEntry[] = []
    for (const [key, value] of difference) {
      if (value === undefined) gone.push(key)
      else (before.get(key) === undefined ? fresh : known).push({ key, value })
    }
    if (gone.length + known.length > MANY) return api.replace(path, mapEntries(listing))
    for (const key of gone) await api.remove(path, key)
    // What should be there may have been lost: the hub sends it again, too.
    for (const one of known) if (!(await api.set(path, one))) fresh.push(one)
    await api.add(path, fresh)
  }

  const standing = (entry: Entry, found: MapEntry | undefined): Standing => {
    const wanted = placeOf(entry)?.listing.get(entry.value)
    if (!found) return 'absent'
    if (found.key === entry.value) return found.value === (wanted ?? referenceOf(entry.id)) ? 'enforced' : 'absent'
    // The address that was asked about has an entry of its own, narrower than this one.
    return wanted !== undefined && entry.value.includes('/') ? 'enforced' : 'absent'
  }

  return {
    takes: throttled ? ['ban', 'throttle', 'captcha'] : ['ban'],
    capacity: config.capacity,
    async sync(next) {
      for (const place of places) await change(place, next)
      pid = (await api.info()).pid
    },
    async verify(entries) {
      const standings = new Map<Entry, Standing>()
      for (const place of places) {
        const asked = entries.filter((entry) => placeOf(entry) === place)
        const addresses = asked.map(({ value }) => addressIn(value))
        for (const [i, found] of (await api.get(place.path, addresses)).entries())
          standings.set(asked[i]!, standing(asked[i]!, found))
      }
      return entries.map((entry) => standings.get(entry) ?? 'unknown')
    },
    async held() {
      const keys = new Set<string>()
      let isForeign = false
      for (const { path } of places)
        for (const { key } of await api.list(path)) {
          keys.add(key)
          isForeign ||= parseCidr(key)?.text !== key
        }
      const running = (await api.info()).pid
      if (isForeign) doubt('its map holds what is not ours')
      else if (pid !== undefined && running !== pid) doubt('HAProxy was restarted')
      return keys
    },
    async report() {
      const { version, uptime } = await api.info()
      return { version, 'uptime (s)': uptime }
    },
    async close() {},
  }
}

function* textLines(listing: Listing): Generator<string> {
  yield '# Written by Riposte, which overwrites it. To ban or unban: riposte decisions.'
  for (const [value, reference] of listing) yield `${value} ${reference}`
}

function* mapEntries(listing: Listing): Generator<MapEntry> {
  for (const [key, value] of listing) yield { key, value }
}
