/**
 * Whom an address counts as, its hash and the row that it may take while it is clean.
 * Remembered per text, a bounded number of them: reading an IPv6 address costs more than all else that a clean event
 * costs here. Saves time, is no state.
 */
import { subjectOf } from '../../core/ip.ts'
import { foldHash } from './fold-hash.ts'

export interface Client {
  /** The subject's value. */
  readonly who: string
  readonly hash: number
  /** Key of the row that all clean clients with this hash share. */
  readonly slot: string
}

/** Clean clients share this many rows (about 70 MB when all are taken): one that loses its row merely starts anew. */
const CLEAN_SLOTS = 1 << 17
const KEPT = 4096
const clients = new Map<string, Client>()

export const clientOf = (ip: string): Client => {
  let client = clients.get(ip)
  if (client === undefined) {
    client = clientNamed(subjectOf(ip).value)
    if (clients.size >= KEPT) clients.clear()
    clients.set(ip, client)
  }
  return client
}

export const clientNamed = (who: string): Client => {
  const hash = foldHash(who)
  return { who, hash, slot: String(hash % CLEAN_SLOTS) }
}
