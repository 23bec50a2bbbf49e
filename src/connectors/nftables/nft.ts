/**
 * The only place that runs nft: as an argument list and a document in a file, never through a shell. Elements
 * are JSON made of addresses that our parser has read; the ruleset is fixed text but for the table's name, which the
 * configuration's schema has checked.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCidr } from '../../core/ip.ts'
import type { Block } from './protocol.ts'

const NFT = '/usr/sbin/nft'

/** nft opens `/dev/stdin` anew, which a child's standard input is no good for: Node makes it a socket. */
const documents = mkdtempSync(join(tmpdir(), 'riposte-nft-'))
process.once('exit', () => rmSync(documents, { recursive: true, force: true }))

const run = (args: readonly string[]): Promise<{ readonly ok: boolean; readonly out: string; readonly err: string }> =>
  new Promise((resolve) => {
    const child = spawn(NFT, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { LC_ALL: 'C' } })
    const out: Buffer[] = []
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => {
      err = (err + chunk).slice(-2000)
    })
    child.on('error', (error) => resolve({ ok: false, out: '', err: error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, out: Buffer.concat(out).toString('utf8'), err }))
  })

const must = async (args: readonly string[]): Promise<string> => {
  const { ok, out, err } = await run(args)
  if (!ok) throw new Error(`nft: ${err.split('\n')[0] || 'failed'}`)
  return out
}

let number = 0
/** One transaction: all of the document, or nothing. */
const carryOut = async (document: string, ...options: readonly string[]): Promise<void> => {
  const file = join(documents, String(++number))
  writeFileSync(file, document, { mode: 0o600 })
  try {
    await must([...options, '-f', file])
  } finally {
    rmSync(file, { force: true })
  }
}

export const SETS = ['hosts4', 'hosts6', 'ranges4', 'ranges6'] as const
export type SetName = (typeof SETS)[number]

export const setOf = (value: string): SetName => {
  const version = value.includes(':') ? 6 : 4
  return value.includes('/') ? `ranges${version}` : `hosts${version}`
}

/**
 * Table, sets and rules; harmless when they are there. The allowlist comes first. Before connection tracking
 * (priority raw), so that a ban also cuts off what was connected already. The rules change in one transaction.
 */
const ruleset = (table: string): string => {
  const t = `inet ${table}`
  return `add table ${t}
add set ${t} allow4 { type ipv4_addr; flags interval; auto-merge; }
add set ${t} allow6 { type ipv6_addr; flags interval; auto-merge; }
add set ${t} hosts4 { type ipv4_addr; flags timeout; counter; }
add set ${t} hosts6 { type ipv6_addr; flags timeout; counter; }
add set ${t} ranges4 { type ipv4_addr; flags interval, timeout; counter; }
add set ${t} ranges6 { type ipv6_addr; flags interval, timeout; counter; }
add chain ${t} guard { type filter hook prerouting priority -300; policy accept; }
flush chain ${t} guard
add rule ${t} guard ip saddr @allow4 return
add rule ${t} guard ip6 saddr @allow6 return
${SETS.map((set) => `add rule ${t} guard ${set.endsWith('4') ? 'ip' : 'ip6'} saddr @${set} counter drop comment "${set}"`).join('\n')}
`
}

/** Each text is that of a network that our parser has read. */
const allowlist = (table: string, networks: readonly string[]): string =>
  ([4, 6] as const)
    .map((version) => {
      const set = `inet ${table} allow${version}`
      const some = networks.filter((text) => text.includes(':') === (version === 6))
      return `flush set ${set}\n${some.length > 0 ? `add element ${set} { ${some.join(', ')} }\n` : ''}`
    })
    .join('')

const isHost = (value: string): boolean => !value.includes('/')

const valueJson = (value: string): unknown => {
  const cidr = parseCidr(value)!
  return value.includes('/') ? { prefix: { addr: cidr.address.toString(), len: cidr.bits } } : value
}

export interface Held {
  readonly value: string
  /** Seconds left; Infinity for an element without an end, which we never make. */
  readonly left: number
  readonly packets: number
}

interface Element {
  readonly val: string | { readonly prefix: { readonly addr: string; readonly len: number } }
  readonly expires?: number
  readonly counter?: { readonly packets: number }
}

const heldOf = (raw: unknown): Held | undefined => {
  const element = (raw as { elem?: Element }).elem ?? ({ val: raw } as Element)
  const text = typeof element.val === 'string' ? element.val : `${element.val.prefix.addr}/${element.val.prefix.len}`
  const value = parseCidr(text)?.text
  return value === undefined
    ? undefined
    : { value, left: element.expires ?? Number.POSITIVE_INFINITY, packets: element.counter?.packets ?? 0 }
}

export interface Nft {
  /**
   * Table, sets and rules, and whom they let pass, where that is known: one transaction, because nft reads all elements
   * before each.
   */
  prepare(allow?: readonly string[]): Promise<void>
  /** What is there already gets the new end. Single addresses change in one transaction; networks in two. */
  change(add: readonly Block[], remove: readonly string[]): Promise<void>
  /** Many that are not there yet. */
  add(blocks: readonly Block[]): Promise<void>
  held(): Promise<readonly Held[]>
  has(values: readonly string[]): Promise<readonly boolean[]>
  counters(): Promise<Readonly<Record<string, number>>>
}

export const createNft = (table: string): Nft => {
  const where = { family: 'inet', table }
  const element = (verb: 'add' | 'delete', value: string, more: object = {}) => ({
    [verb]: { element: { ...where, name: setOf(value), elem: [{ elem: { val: valueJson(value), ...more } }] } },
  })

  const transaction = async (commands: readonly object[]): Promise<void> => {
    if (commands.length > 0) await carryOut(JSON.stringify({ nftables: commands }), '-j')
  }

  const listed = async (set: SetName): Promise<readonly Held[]> => {
    const text = await must(['-j', 'list', 'set', 'inet', table, set])
    const { nftables } = JSON.parse(text) as { nftables: readonly { set?: { elem?: readonly unknown[] } }[] }
    return nftables.flatMap((item) => item.set?.elem ?? []).flatMap((raw) => heldOf(raw) ?? [])
  }

  return {
    async prepare(allow) {
      await carryOut(`${ruleset(table)}${allow ? allowlist(table, allow) : ''}`)
    },
    async change(add, remove) {
      // Deleting what is not there fails the whole transaction, and older kernels keep the old end of what is added
      // again: so each is added, deleted, and (if wanted) added with its end.
      const hosts = [
        ...remove.filter(isHost).flatMap((value) => [element('add', value, { timeout: 60 }), element('delete', value)]),
        ...add
          .filter(({ value }) => isHost(value))
          .flatMap(({ value, seconds }) => [
            element('add', value, { timeout: seconds }),
            element('delete', value),
            element('add', value, { timeout: seconds }),
          ]),
      ]
      await transaction(hosts)
      const ranges = add.filter(({ value }) => !isHost(value))
      const gone = [...remove.filter((value) => !isHost(value)), ...ranges.map(({ value }) => value)]
      if (gone.length === 0) return
      // nft takes a network and one around it for an overlap even if one of the two goes in the same transaction.
      const there = new Set(
        (await Promise.all((['ranges4', 'ranges6'] as const).map(listed))).flat().map((h) => h.value),
      )
      await transaction([...new Set(gone)].filter((value) => there.has(value)).map((value) => element('delete', value)))
      await transaction(ranges.map(({ value, seconds }) => element('add', value, { timeout: seconds })))
    },
    add: (blocks) =>
      transaction(
        SETS.flatMap((name) => {
          const elem = blocks
            .filter(({ value }) => setOf(value) === name)
            .map(({ value, seconds }) => ({ elem: { val: valueJson(value), timeout: seconds } }))
          return elem.length > 0 ? [{ add: { element: { ...where, name, elem } } }] : []
        }),
      ),
    held: async () => (await Promise.all(SETS.map(listed))).flat(),
    async has(values) {
      // One question for all, the usual case; only when one is missing the sets are read.
      const sets = new Set(values.map(setOf))
      const all = await Promise.all(
        [...sets].map((set) => {
          const some = values.filter((value) => setOf(value) === set)
          return run(['get', 'element', 'inet', table, set, `{ ${some.join(', ')} }`])
        }),
      )
      if (all.every((answer) => answer.ok) && ![...sets].some((set) => set.startsWith('ranges')))
        return values.map(() => true)
      const found = new Set((await Promise.all([...sets].map(listed))).flat().map((held) => held.value))
      return values.map((value) => found.has(value))
    },
    async counters() {
      const text = await must(['-j', 'list', 'chain', 'inet', table, 'guard'])
      const { nftables } = JSON.parse(text) as {
        nftables: readonly {
          rule?: { comment?: string; expr: readonly { counter?: { packets: number; bytes: number } }[] }
        }[]
      }
      const sum: Record<string, number> = { packets: 0, bytes: 0 }
      for (const { rule } of nftables)
        for (const { counter } of rule?.expr ?? []) {
          sum['packets']! += counter?.packets ?? 0
          sum['bytes']! += counter?.bytes ?? 0
        }
      return sum
    },
  }
}
