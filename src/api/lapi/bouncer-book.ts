/**
 * The bouncers: who may fetch, what each was given, how each stands as an enforcement point. In: keys as they are
 * presented. Out: the bouncer, or nothing. What was delivered is written behind, once a second; what a crash forgets is
 * sent again.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Millis, SECOND } from '../../core/time.ts'
import type { Logger } from '../../kit/logger.ts'
import type { Bouncer, Enforcement } from '../../kit/store.ts'
import { type Delivery, readDelivery } from './delivery.ts'
import { type Pace, readPace } from './pace.ts'

/** One bouncer as the daemon knows it. */
export interface Client {
  bouncer: Bouncer
  delivery: Delivery
  pace: Pace
  /** When it last asked for the stream, and how many entries it was given then. */
  streamed?: { readonly at: Millis; given: number }
  /** The connection on which the last answer was completely written. */
  connection?: object
  /** Between its last pulls. */
  interval?: Millis
  changed: boolean
}

export interface BouncerBook {
  /** The bouncer whose key this is. */
  known(key: string): Promise<Client | undefined>
  clients(): readonly Client[]
  flush(): Promise<void>
}

/** SHA-512 in hex, as the store keeps keys. */
export const keyHash = (key: string): string => hash('sha512', key, 'hex')

/** Asking more often would let strangers load the store. */
const REREAD_EVERY: Millis = SECOND

const same = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))

export const createBouncerBook = (
  store: Pick<Enforcement, 'bouncers' | 'updateBouncers'>,
  clock: () => Millis,
  log: Logger,
): BouncerBook => {
  const clients = new Map<string, Client>()
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined

  const read = async (): Promise<void> => {
    const rows = await store.bouncers()
    const names = new Set(rows.map((row) => row.name))
    for (const name of clients.keys()) if (!names.has(name)) clients.delete(name)
    for (const row of rows) {
      const client = clients.get(row.name)
      // Removed and added again under the same name, it is another one: it begins anew.
      if (client?.bouncer.keyHash === row.keyHash) continue
      const [delivery, pace] = [readDelivery(row.delivery), readPace(row.delivery)]
      clients.set(row.name, { bouncer: row, delivery, pace, changed: false })
    }
  }

  const reread = (): Promise<void> => {
    readAt = clock()
    reading = read().catch((error: Error) => log.warn({ error: error.message }, 'the list of bouncers cannot be read'))
    return reading
  }

  const isDue = (): boolean => clock() - readAt >= REREAD_EVERY

  const refresh = async (): Promise<void> => (isDue() ? reread() : reading)

  /** The next reading, for all who wait for it. */
  let next: Promise<void> | undefined
  const nextReading = (): Promise<void> => {
    next ??= sleep(Math.max(0, readAt + REREAD_EVERY - clock()), undefined, { ref: false }).then(() => {
      next = undefined
      return reread()
    })
    return next
  }

  const find = (digest: string): Client | undefined => {
    let found: Client | undefined
    // All are compared, so that the time tells nothing about which one came close.
    for (const client of clients.values()) if (same(client.bouncer.keyHash, digest)) found = client
    return found
  }

  return {
    async known(key) {
      const digest = keyHash(key)
      const isFresh = isDue()
      // Also for a known one: a key that was removed stops working within a second.
      await refresh()
      const found = find(digest)
      if (found || isFresh) return found
      // Perhaps it was added since the last reading: the firewall bouncer ends for good when its first request is refused.
      await nextReading()
      return find(digest)
    },
    clients: () => [...clients.values()],
    async flush() {
      // Also those who have not asked since our start are points, and may be silent.
      await refresh()
      const changed = [...clients.values()].filter((client) => client.changed)
      if (changed.length === 0) return
      for (const client of changed) client.changed = false
      try {
        await store.updateBouncers(
          changed.map(({ bouncer, delivery, pace: { portion } }) => ({
            ...bouncer,
            delivery: JSON.stringify({ ...delivery, portion }),
          })),
        )
      } catch (error) {
        for (const client of changed) client.changed = true
        throw error
      }
    },
  }
}
