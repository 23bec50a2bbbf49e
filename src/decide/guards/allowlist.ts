/**
 * First guard: who is never remediated. Addresses, networks, host names that a forward-confirmed reverse lookup has
 * verified, and warninglists (networks that no list of attackers may contain, such as public resolvers).
 * A decision on a network that contains one allowlisted address is refused whole.
 */
import type { AllowEntry } from '../../core/act.ts'
import { type CidrSet, createCidrSet } from '../../core/cidr-set.ts'
import { Failure } from '../../core/failure.ts'
import { type Cidr, canonicalIp, parseCidr, subjectOf } from '../../core/ip.ts'
import type { Millis } from '../../core/time.ts'
import type { StateSpace } from '../../kit/state.ts'
import { because, type PlaceGuard } from '../candidate.ts'

export interface Warninglist {
  readonly name: string
  readonly networks: readonly Cidr[]
}

/** A reverse name whose forward lookup led back to the address; established outside, told to the room as a fact. */
export interface VerifiedName {
  readonly ip: string
  readonly name: string
  readonly until: Millis
}

export interface Allowlist extends PlaceGuard {
  /** The entry as stored, or a text that says what is wrong with it. */
  add(entry: AllowEntry): AllowEntry | string
  /** The removed entry's canonical value; undefined when there is none; `fixed` when the configuration holds it. */
  remove(value: string): string | 'fixed' | undefined
  learn(name: VerifiedName): void
  /** The entry that protects any address of `cidr` at `at`. */
  protector(cidr: Cidr, at: Millis): { readonly value: string; readonly reason: string } | undefined
  /** The networks that an entry protects: its own, or those whose verified name it names. */
  networksOf(entry: AllowEntry, at: Millis): readonly Cidr[]
}

const hostSuffix = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/^\*?\./, '')
    .replace(/\.$/, '')

const HOST = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){1,20}$/

/** The one spelling under which an entry is kept, or undefined when it is none of its kind. */
const canonical = (kind: AllowEntry['kind'], value: string): string | undefined => {
  if (kind === 'ip') return canonicalIp(value.trim())
  if (kind === 'range') return parseCidr(value.trim())?.text
  const host = hostSuffix(value)
  return HOST.test(host) ? host : undefined
}

const isBelow = (name: string, host: string): boolean => name === host || name.endsWith(`.${host}`)

const WHAT = { ip: 'an address', range: 'a network such as 192.0.2.0/24', host: 'a host name' } as const

export const createAllowlist = (
  fixed: readonly AllowEntry[],
  warninglists: readonly Warninglist[],
  state: StateSpace,
): Allowlist => {
  const names = state.table<string>('decide/verified-names')
  const entries = new Map<string, AllowEntry>()
  const fixedValues = new Set<string>()
  const lists: { readonly name: string; readonly set: CidrSet }[] = warninglists.map((list) => ({
    name: list.name,
    set: createCidrSet(list.networks),
  }))
  let networks: { readonly set: CidrSet; readonly entries: ReadonlyMap<string, AllowEntry> } | undefined
  let hosts: readonly AllowEntry[] = []

  const put = (entry: AllowEntry): AllowEntry | string => {
    const value = canonical(entry.kind, entry.value)
    if (value === undefined) return `${JSON.stringify(entry.value.slice(0, 80))} is not ${WHAT[entry.kind]}`
    const stored = { ...entry, value }
    entries.set(value, stored)
    networks = undefined
    return stored
  }

  const index = () => {
    if (!networks) {
      const byText = new Map<string, AllowEntry>()
      for (const entry of entries.values()) if (entry.kind !== 'host') byText.set(parseCidr(entry.value)!.text, entry)
      networks = { set: createCidrSet([...byText.keys()].map((text) => parseCidr(text)!)), entries: byText }
      hosts = [...entries.values()].filter((entry) => entry.kind === 'host')
    }
    return networks
  }

  for (const entry of fixed) {
    const stored = put(entry)
    // A configured entry that cannot be read would silently protect nobody: the caller has validated it, or learns it here.
    if (typeof stored === 'string') throw new Failure('ALLOWLIST_INVALID', `allowlist: ${stored}`)
    fixedValues.add(stored.value)
  }

  const guard: Allowlist = {
    name: 'allowlist',
    passes: 'not on the allowlist',
    mayTouch(key) {
      const { set } = index()
      return (
        set.touchingKey(key) !== undefined ||
        // Verified names belong to single addresses, which only `protector` looks up.
        (hosts.length > 0 && names.size > 0) ||
        lists.some((list) => list.set.touchingKey(key) !== undefined)
      )
    },
    add: (entry) => {
      const value = canonical(entry.kind, entry.value)
      // What the configuration grants without end is not narrowed by a later, expiring entry.
      return value !== undefined && fixedValues.has(value) ? entries.get(value)! : put(entry)
    },
    remove(text) {
      const value = [text, canonicalIp(text.trim()), parseCidr(text.trim())?.text, hostSuffix(text)].find(
        (v) => v !== undefined && entries.has(v),
      )
      if (value === undefined) return undefined
      if (fixedValues.has(value)) return 'fixed'
      entries.delete(value)
      networks = undefined
      return value
    },
    learn({ ip, name, until }) {
      const host = hostSuffix(name)
      const address = canonicalIp(ip)
      if (address === undefined || !HOST.test(host)) return
      names.put(address, host, until)
      names.put(subjectOf(address).value, host, until)
    },
    networksOf(entry, at) {
      if (entry.kind !== 'host') return [parseCidr(entry.value)!]
      return [...names.entries(at)].flatMap(([value, name]) =>
        isBelow(name, entry.value) ? (parseCidr(value) ?? []) : [],
      )
    },
    protector(cidr, at) {
      const { set, entries: byText } = index()
      let found = set.touching(cidr)
      if (found) {
        const entry = byText.get(found.text)!
        if (entry.expiresAt === undefined || entry.expiresAt > at) return { value: entry.value, reason: entry.reason }
        // The first hit has expired; another may still hold.
        const alive = [...byText].filter(([, e]) => e.expiresAt === undefined || e.expiresAt > at)
        found = createCidrSet(alive.map(([text]) => parseCidr(text)!)).touching(cidr)
        if (found) return { value: found.text, reason: byText.get(found.text)!.reason }
      }
      const name = names.get(cidr.text, at)
      if (name !== undefined)
        for (const entry of hosts)
          if ((entry.expiresAt === undefined || entry.expiresAt > at) && isBelow(name, entry.value))
            return { value: entry.value, reason: `${entry.reason}; verified as ${name}` }
      for (const list of lists) {
        const hit = list.set.touching(cidr)
        if (hit) return { value: hit.text, reason: `warninglist ${list.name}` }
      }
      return undefined
    },
    rule(candidate) {
      const protector = guard.protector(candidate.cidr, candidate.at)
      return protector
        ? {
            kind: 'refuse',
            reason: because(
              'guard.allowlist',
              `${candidate.subject.value} is on the allowlist: ${protector.value} (${protector.reason})`,
            ),
          }
        : undefined
    },
  }
  return guard
}
