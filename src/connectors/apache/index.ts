/**
 * Apache by a rewrite map, which it reads again when the file changes: no reload. In: the hub's changes. Out: the file,
 * whole or not at all. Promised: what is proved was asked of the running Apache; nothing special or allowlisted is in
 * the map. Networks are cut into keys that mod_rewrite can form (keys.ts); the few that cannot be are withheld.
 */
import { Failure } from '../../core/failure.ts'
import { parseCidr } from '../../core/ip.ts'
import { referenceOf } from '../../core/reference.ts'
import { type Context, defineConnector } from '../../kit/connector.ts'
import { Listing } from '../../kit/listing.ts'
import type { Sink } from '../../kit/sink.ts'
import { addressIn, askStanding, askStandings } from '../../kit/standing-probe.ts'
import { keysOf, networkOf } from './keys.ts'
import { readMap, writeMap } from './map-file.ts'
import { type Settings, settings } from './settings.ts'

export default defineConnector({
  id: 'apache',
  summary: 'Deny in Apache httpd, by a map that it reads again by itself.',
  config: settings,
  example: `
apache:
  map: /etc/apache2/riposte/banned.txt
  probe: { url: 'http://127.0.0.1/.riposte/standing', token: 0f9d8c7b6a5e4d3c }
`,
  async open(config, context) {
    return { sink: openMap(config, context) }
  },
  async probe({ probe }) {
    if (probe && !(await askStanding(probe, '192.0.2.1')))
      throw new Failure('APACHE_PROBE', `what answers at ${probe.url} is not the location of the probe`, {
        remedy: 'Include content/enforce/apache.conf in the site that probe.url and probe.host name, with this token.',
      })
  },
})

export const openMap = (config: Settings, { clock, doubt }: Pick<Context, 'clock' | 'doubt'>): Sink => {
  const { probe } = config
  const listing = new Listing(['ban'])

  return {
    takes: ['ban'],
    capacity: config.capacity ?? (config.format === 'txt' ? 5000 : 200_000),
    withholds({ value }) {
      const cidr = parseCidr(value)
      return cidr && keysOf(cidr) === undefined ? "a network of this size is too many keys of Apache's map" : undefined
    },
    async sync(change) {
      listing.take(change)
      await writeMap(config, linesOf(keyed(listing)), clock())
    },
    async verify(entries, { signal }) {
      if (!probe) return entries.map(() => 'unknown')
      const asked = entries.map(({ value }) => addressIn(value))
      const told = await askStandings(probe, asked, signal)
      return entries.map(({ id, value }, i) => {
        const shown = told[i]
        if (!shown) return 'unknown'
        const wanted = listing.get(value)
        if (shown.denied === (wanted ?? referenceOf(id))) return 'enforced'
        // The address that was asked about has an entry of its own, narrower than this one.
        return wanted !== undefined && shown.denied !== undefined && value.includes('/') ? 'enforced' : 'absent'
      })
    },
    async held() {
      const found = await readMap(config)
      const ours = keyed(listing)
      const held = new Set<string>()
      for (const [value] of listing)
        if (keysOf(parseCidr(value)!)?.every((key) => found.get(key) === ours.get(key))) held.add(value)
      for (const key of found.keys()) {
        if (ours.has(key)) continue
        const network = networkOf(key)
        if (network === undefined) doubt('its map holds what is not ours')
        else held.add(network)
      }
      return held
    },
    async close() {},
  }
}

/** Narrow networks last, so that their keys are their own where a wide one has the same. */
const keyed = (listing: Listing): ReadonlyMap<string, string> => {
  const networks = [...listing].map(([value, reference]) => ({ cidr: parseCidr(value)!, reference }))
  networks.sort((a, b) => a.cidr.bits - b.cidr.bits)
  return new Map(networks.flatMap(({ cidr, reference }) => (keysOf(cidr) ?? []).map((key) => [key, reference])))
}

function* linesOf(keys: ReadonlyMap<string, string>): Generator<string> {
  yield '# Written by Riposte, which overwrites it. To ban or unban: riposte decisions.'
  for (const [key, reference] of keys) yield `${key} ${reference}`
}
