/**
 * Where the clients of a recording come from. Recordings use the documentation ranges of RFC 5737 and RFC 3849, which
 * nobody owns, in a network namespace where this machine answers for all of them: the servers then log these
 * addresses themselves and nothing has to be rewritten. Tests on an ordinary machine use loopback addresses.
 */
import type { Random } from './random.ts'

export interface AddressBook {
  /** A client address that nobody else has. */
  next(): string
  /** A fresh IPv6 /64: each call of the result is another address in it. */
  network(): () => string
  /** The reverse proxy whose X-Forwarded-For may be believed. */
  readonly proxy: string
  /** What the servers listen on. */
  readonly servers: readonly string[]
}

/** The control server in payloads; no client. */
export const ELSEWHERE = '203.0.113.250'

export const documentationAddresses = (random: Random): AddressBook => {
  const servers = ['192.0.2.80', '2001:db8:80::80']
  const proxy = '192.0.2.10'
  const taken = new Set([...servers, proxy, ELSEWHERE])
  const pool = ['198.51.100', '203.0.113', '192.0.2']
    .flatMap((net) => Array.from({ length: 254 }, (_, i) => `${net}.${i + 1}`))
    .filter((a) => !taken.has(a))
  const free = random.some(pool, pool.length)
  const network = () => {
    const prefix = `2001:db8:${random.int(0x1000, 0xffff).toString(16)}:${random.int(1, 0xff).toString(16)}`
    return () => `${prefix}:${Array.from({ length: 4 }, () => random.int(0x1000, 0xffff).toString(16)).join(':')}`
  }
  return { servers, proxy, network, next: () => (random.chance(0.12) ? network()() : free.pop()!) }
}

export const loopbackAddresses = (): AddressBook => {
  let count = 0
  const next = () => {
    count++
    return `127.20.${count >> 8}.${count & 255}`
  }
  return { servers: ['127.0.0.1'], proxy: '127.30.0.1', network: () => next, next }
}
