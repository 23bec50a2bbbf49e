/**
 * Our own name server for the lists: authoritative, in a thread of its own, changed within milliseconds. In: the
 * entries in force. Out: answers by DNS, as RFC 5782 describes lists. Promised: an entry past its end is not listed even
 * if nobody said so; no special and no allowlisted address is ever listed; `verify` asks by DNS, as a resolver does.
 */
import { createCidrSet } from '../../core/cidr-set.ts'
import { Failure } from '../../core/failure.ts'
import { parseCidr } from '../../core/ip.ts'
import { keyOfText, type NetworkKey, newKey } from '../../core/network-key.ts'
import { referenceOf } from '../../core/reference.ts'
import { touchesSpecialNetwork } from '../../core/special-networks.ts'
import { reverseName } from '../../dns/reverse-name.ts'
import { defineConnector } from '../../kit/connector.ts'
import { ask } from '../../kit/dns-client.ts'
import { PURPOSE_OF } from '../../kit/purpose.ts'
import type { Endpoint } from '../../kit/scalars.ts'
import type { Change, Entry, Sink, Standing } from '../../kit/sink.ts'
import { createPacker, pack } from './packed.ts'
import { type RblServer, startRblServer } from './server.ts'
import { type Settings, settings, zonesOf } from './settings.ts'
import { MOST_ROWS } from './shared-columns.ts'

/** Entries per message to the thread: a few milliseconds of its time. */
const BATCH = 4096

export default defineConnector({
  id: 'rbl',
  summary: 'An embedded DNS list that every @rbl rule, mail server and resolver can ask.',
  config: settings,
  example: `
rbl:
  listen: [127.0.0.1:5353]
  zones: { ban: bl.example.net, forward: fwd.example.net }
`,
  async open(config, context) {
    return { sink: await openList(config, (why) => context.doubt(why)) }
  },
  lists(config) {
    const [{ host, port }] = config.listen as [Endpoint]
    return zonesOf(config).map(({ name, purpose }) => ({
      zone: name,
      server: { host: reachable(host), port },
      purpose,
    }))
  },
})

export const openList = async (
  config: Settings,
  doubt: (why: string) => void,
  start = startRblServer,
): Promise<Sink & { readonly ports: readonly number[] }> => {
  const first = await start(config, died)
  const { ports } = first
  let server: Promise<RblServer> = Promise.resolve(first)
  let spared = createCidrSet([])
  let refused = 0
  let isClosed = false

  function died(why: string): void {
    if (isClosed) return
    server = restart()
    // Whoever needs the thread next is told why there is none.
    server.catch(() => {})
    doubt(why)
  }

  const restart = (): Promise<RblServer> => {
    // The same ports again: whoever asks has them written down.
    const listen = config.listen.map((place, i) => ({ ...place, port: ports[i] ?? place.port }))
    return start({ ...config, listen }, died)
  }

  const alive = async (): Promise<RblServer> => {
    if (isClosed) throw new Failure('RBL_CLOSED', 'the list has been closed')
    const current = server
    try {
      return await current
    } catch {
      // One attempt for all who wait.
      if (server === current) server = restart()
      return server
    }
  }

  /** The last line of defence: what must never be listed is not, whoever asks for it. */
  const mayList = (key: NetworkKey): boolean => !touchesSpecialNetwork(key) && spared.touchingKey(key) === undefined

  const put = async (to: RblServer, entries: Iterable<Entry>): Promise<void> => {
    const packer = createPacker(BATCH)
    const key = newKey()
    for (const entry of entries) {
      if (!keyOfText(entry.value, key) || !mayList(key)) {
        refused++
        continue
      }
      packer.add(entry, key)
      if (packer.isFull) packer.reuse((await to.tell({ kind: 'put', packed: packer.take() })) as ArrayBuffer)
    }
    if (!packer.isEmpty) await to.tell({ kind: 'put', packed: packer.take() })
  }

  const setAllow = async (to: RblServer, allow: Extract<Change, { kind: 'snapshot' }>['allow']): Promise<void> => {
    spared = createCidrSet(allow)
    const packed = pack(
      allow.map(({ text }) => ({ id: '', value: text, type: 'watch', attackClass: 'other', until: 0 }) as const),
    )
    await to.tell({ kind: 'allow', packed })
  }

  const zoneFor = (entry: Entry): string | undefined => config.zones[PURPOSE_OF[entry.type]]

  return {
    ports,
    capacity: MOST_ROWS,
    takes: [
      'ban',
      ...(config.zones.throttle === undefined ? [] : (['throttle', 'captcha'] as const)),
      ...(config.zones.watch === undefined ? [] : (['watch'] as const)),
    ],
    async sync(change) {
      const to = await alive()
      if (change.allow) await setAllow(to, change.allow)
      if (change.kind === 'snapshot') {
        await to.tell({ kind: 'begin', count: change.entries.count })
        await put(to, change.entries)
        await to.tell({ kind: 'complete' })
        return
      }
      if (change.removed.length > 0) await to.tell({ kind: 'remove', packed: pack(change.removed) })
      await put(to, change.added)
    },
    async verify(entries) {
      const place = { host: reachable(config.listen[0]!.host), port: ports[0]! }
      const names = entries.map((entry) => `${reverseName(entry.value, firstAddress(entry.value))}.${zoneFor(entry)}`)
      const told = await ask(place, names)
      return entries.map((entry, i): Standing => {
        const answer = told[i]
        if (answer?.rcode !== 'NOERROR' && answer?.rcode !== 'NXDOMAIN') return 'unknown'
        // Another decision may stand at the same place, or a wider one around it: the reference tells them apart.
        return answer.texts.includes(referenceOf(entry.id)) ? 'enforced' : 'absent'
      })
    },
    async report() {
      const told = (await (await alive()).tell({ kind: 'report' })) as Record<string, number>
      return { ...told, refusedHere: refused }
    },
    async close() {
      isClosed = true
      await (await server.catch(() => undefined))?.close()
    },
  }
}

const firstAddress = (value: string): readonly number[] => parseCidr(value)?.address.toByteArray() ?? []

/** Where a server that listens on every address can be asked. */
const reachable = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host)
