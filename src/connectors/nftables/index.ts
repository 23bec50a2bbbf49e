/**
 * Bans in the kernel: nftables sets that drop before connection tracking. In: entries. Out: requests to the keeper, the
 * only process with the right to change the packet filter. Every element ends by itself; the set is never empty in
 * between; what the kernel holds is read back, and what it dropped is counted.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createCidrSet } from '../../core/cidr-set.ts'
import { Failure } from '../../core/failure.ts'
import { parseCidr } from '../../core/ip.ts'
import { specialNetwork } from '../../core/special-networks.ts'
import { defineConnector } from '../../kit/connector.ts'
import type { Entry, Sink } from '../../kit/sink.ts'
import { createKeeperClient } from './client.ts'
import { BATCH, type Block } from './protocol.ts'
import { type Settings, settings } from './settings.ts'

const YEAR = 365 * 24 * 3600

export default defineConnector({
  id: 'nftables',
  summary: 'Drop packets in the kernel, through a keeper that alone has the right to.',
  config: settings,
  example: `
nftables: { socket: /run/riposte/nft.sock }
`,
  needs: [{ binary: '/usr/sbin/nft' }],
  async open(config, context) {
    const keeper = config.spawn ? await spawnKeeper(config, () => context.doubt('the keeper has ended')) : undefined
    return { sink: openSets(config, context.clock, (why) => context.doubt(why), keeper) }
  },
  async probe({ socket, spawn }) {
    if (spawn) return
    const client = createKeeperClient(socket, () => {})
    try {
      await client.ask({ op: 'counters' })
    } finally {
      client.close()
    }
  },
})

const blockOf = (entry: Entry, now: number): Block => ({
  value: entry.value,
  seconds: Math.min(YEAR, Math.max(1, Math.ceil((entry.until - now) / 1000))),
})

export const openSets = (
  config: Settings,
  clock: () => number,
  doubt: (why: string) => void,
  keeper?: ChildProcess,
): Sink => {
  const client = createKeeperClient(config.socket, () => doubt('the connection to the keeper was lost'))
  let spared = createCidrSet([])
  const may = (entry: Entry): boolean => {
    const cidr = parseCidr(entry.value)
    return cidr !== undefined && specialNetwork(cidr) === undefined && spared.touching(cidr) === undefined
  }
  return {
    takes: ['ban'],
    capacity: config.capacity,
    async sync(change) {
      const now = clock()
      if (change.allow) {
        spared = createCidrSet(change.allow)
        const op = change.kind === 'snapshot' ? 'begin' : 'allow'
        await client.ask({ op, networks: change.allow.map((cidr) => cidr.text) })
      }
      if (change.kind === 'snapshot') {
        let blocks: Block[] = []
        for (const entry of change.entries) {
          if (!may(entry)) continue
          blocks.push(blockOf(entry, now))
          if (blocks.length < BATCH) continue
          await client.ask({ op: 'replace', blocks, last: false })
          blocks = []
        }
        await client.ask({ op: 'replace', blocks, last: true })
        return
      }
      const add = change.added.filter(may).map((entry) => blockOf(entry, now))
      const remove = change.removed.map((entry) => entry.value)
      for (let i = 0; i < Math.max(add.length, remove.length); i += BATCH)
        await client.ask({ op: 'change', add: add.slice(i, i + BATCH), remove: remove.slice(i, i + BATCH) })
    },
    async verify(entries) {
      const has = (await client.ask({ op: 'has', values: entries.map((entry) => entry.value) })) as readonly boolean[]
      return has.map((there) => (there ? 'enforced' : 'absent'))
    },
    async held() {
      try {
        return new Set((await client.ask({ op: 'held' })) as readonly string[])
      } catch (error) {
        // Without a table (nft flush ruleset) there is nothing to compare: all of it has to be laid anew.
        doubt('its sets cannot be read')
        throw error
      }
    },
    async report() {
      return (await client.ask({ op: 'counters' })) as Record<string, number>
    },
    async close() {
      client.close()
      if (!keeper || keeper.exitCode !== null || keeper.signalCode !== null) return
      // The sets stay: a daemon that restarts must not leave a gap, and every element ends by itself.
      keeper.kill('SIGTERM')
      await once(keeper, 'exit')
    },
  }
}

const spawnKeeper = async (config: Settings, onEnd: () => void): Promise<ChildProcess> => {
  const main = new URL(`./keeper-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
  const child = spawn(process.execPath, [main.pathname, '--socket', config.socket, '--table', config.table], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let words = ''
  child.stderr.on('data', (chunk: Buffer) => {
    words = (words + chunk).slice(-1000)
  })
  const ready = await Promise.race([once(child.stdout, 'data').then(() => true), once(child, 'exit').then(() => false)])
  if (!ready)
    throw new Failure(
      'NFT_KEEPER',
      `the keeper of nftables did not start: ${words.split('\n')[0]?.replace(/^error: /, '')}`,
      {
        remedy: 'spawn: true needs root. Else run riposte nft-keeper as a unit of its own (packaging/systemd).',
      },
    )
  child.once('exit', onEnd)
  return child
}
