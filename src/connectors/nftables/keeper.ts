/**
 * The keeper: the one process that may change the packet filter (CAP_NET_ADMIN), and does nothing else. In: requests
 * over a socket. Out: the kernel's sets. It checks every address again, refuses what is special or allowlisted, and
 * gives every element an end, so that a dead daemon unbans by itself.
 */
import { chmodSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { createCidrSet } from '../../core/cidr-set.ts'
import { parseCidr } from '../../core/ip.ts'
import { clearSocket } from '../../kit/unix-socket.ts'
import { createNft, type Nft } from './nft.ts'
import { type Answer, BATCH, type Block, LINE_LIMIT, type Request, readRequest } from './protocol.ts'
import { widest } from './ranges.ts'

export interface KeeperOptions {
  readonly socket: string
  readonly table: string
}

const seconds = (): number => Date.now() / 1000
/** Elements that are added at once: nft reads the whole set before each transaction, so few large ones are much faster. */
const BULK = 20_000
/** Seconds by which ends may differ and be the same: listing and adding take their time, and a lifted ban is removed anyway. */
const SAME = 5

export class Keeper {
  readonly #nft: Nft
  /** Ranges that are wanted, with their ends; not all of them are in the kernel. */
  readonly #ranges = new Map<string, number>()
  #allow: readonly string[] = []
  #allowSet = createCidrSet([])
  #coming = new Map<string, number>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(table: string) {
    this.#nft = createNft(table)
  }

  /** One request after the other, in the order in which they came. */
  handle(request: Request): Promise<unknown> {
    const next = this.#last.then(() => this.#do(request))
    this.#last = next.catch(() => undefined)
    return next
  }

  async #do(request: Request): Promise<unknown> {
    switch (request.op) {
      case 'begin':
        this.#coming.clear()
        return this.#spare(request.networks)
      case 'allow':
        this.#spare(request.networks)
        return this.#nft.prepare(this.#allow)
      case 'replace':
        for (const { value, seconds: left } of this.#checked(request.blocks)) this.#coming.set(value, seconds() + left)
        return request.last ? this.#replace() : undefined
      case 'change':
        return this.#change(this.#checked(request.add), request.remove)
      case 'has': {
        const kernel = this.#inKernel()
        const asked = request.values.filter((value) => !this.#ranges.has(value) || kernel.has(value))
        const has = await this.#nft.has(asked)
        const standing = new Map(asked.map((value, i) => [value, has[i]]))
        // A range that waits under a wider one is enforced by that one.
        return request.values.map((value) => standing.get(value) ?? true)
      }
      case 'held': {
        const held = (await this.#nft.held()).map(({ value }) => value)
        const kernel = this.#inKernel()
        const waiting = [...this.#ranges.keys()].filter((value) => !kernel.has(value))
        return [...held, ...waiting]
      }
      case 'counters':
        return this.#nft.counters()
    }
  }

  #spare(networks: readonly string[]): void {
    this.#allow = networks
    this.#allowSet = createCidrSet(networks.map((text) => parseCidr(text)!))
  }

  #checked(blocks: readonly Block[]): readonly Block[] {
    const spared = blocks.find((block) => this.#allowSet.touching(parseCidr(block.value)!))
    if (spared) throw new Error(`${spared.value} touches the allowlist`)
    return blocks
  }

  #inKernel(): ReadonlySet<string> {
    return widest(this.#ranges.keys())
  }

  /** The difference only: nothing that stays is ever out of the set, so a restart leaves no gap. */
  async #replace(): Promise<void> {
    const wanted = this.#coming
    this.#coming = new Map()
    await this.#nft.prepare(this.#allow)
    this.#ranges.clear()
    for (const [value, end] of wanted) if (value.includes('/')) this.#ranges.set(value, end)
    const ranges = this.#inKernel()
    const goal = new Map([...wanted].filter(([value]) => !value.includes('/') || ranges.has(value)))
    // Before the listing, which takes seconds when there are many: the times in it are of its beginning.
    const asked = seconds()
    const held = new Map((await this.#nft.held()).map(({ value, left }) => [value, left]))
    const remove = [...held.keys()].filter((value) => !goal.has(value))
    const fresh = [...goal.keys()].filter((value) => !held.has(value))
    const renewed = [...goal].flatMap(([value, end]) =>
      Math.abs((held.get(value) ?? end - asked) - (end - asked)) > SAME ? [value] : [],
    )
    const blocks = (values: readonly string[]): readonly Block[] =>
      values.map((value) => ({ value, seconds: Math.max(1, Math.ceil(goal.get(value)! - seconds())) }))
    for (let i = 0; i < remove.length; i += BATCH) await this.#nft.change([], remove.slice(i, i + BATCH))
    for (let i = 0; i < fresh.length; i += BULK) await this.#nft.add(blocks(fresh.slice(i, i + BULK)))
    for (let i = 0; i < renewed.length; i += BATCH) await this.#nft.change(blocks(renewed.slice(i, i + BATCH)), [])
  }

  async #change(add: readonly Block[], remove: readonly string[]): Promise<void> {
    const before = this.#inKernel()
    const now = seconds()
    for (const value of remove) this.#ranges.delete(value)
    for (const { value, seconds: left } of add) if (value.includes('/')) this.#ranges.set(value, now + left)
    for (const [value, end] of this.#ranges) if (end <= now) this.#ranges.delete(value)
    const after = this.#inKernel()
    const out = new Set([...before].filter((value) => !after.has(value)))
    const back = [...after].filter((value) => !before.has(value) || add.some((block) => block.value === value))
    const addNow: Block[] = [
      ...add.filter(({ value }) => !value.includes('/')),
      ...back.map((value) => ({ value, seconds: Math.max(1, Math.ceil(this.#ranges.get(value)! - now)) })),
    ]
    const removeNow = [...new Set([...remove.filter((value) => !value.includes('/')), ...out])]
    try {
      await this.#nft.change(addNow, removeNow)
    } catch {
      // Somebody flushed the ruleset: it is laid anew, and the change tried once more.
      await this.#nft.prepare(this.#allow)
      await this.#nft.change(addNow, removeNow)
    }
  }
}

const serve = (socket: Socket, keeper: Keeper): void => {
  let waiting = ''
  socket.setEncoding('utf8')
  socket.on('error', () => socket.destroy())
  const answer = (value: Answer) => socket.writable && socket.write(`${JSON.stringify(value)}\n`)
  socket.on('data', (text: string) => {
    waiting += text
    for (let end = waiting.indexOf('\n'); end >= 0; end = waiting.indexOf('\n')) {
      const line = waiting.slice(0, end)
      waiting = waiting.slice(end + 1)
      let id = 0
      try {
        const read = readRequest(line)
        id = read.id
        keeper.handle(read.request).then(
          (result) => answer({ id: read.id, ok: true, result: result ?? null }),
          (error: Error) => answer({ id: read.id, ok: false, error: error.message }),
        )
      } catch (error) {
        answer({ id, ok: false, error: (error as Error).message })
        // Who does not speak the protocol is not our daemon.
        socket.end()
        return
      }
    }
    if (waiting.length > LINE_LIMIT) socket.destroy()
  })
}

/** Listens; only owner and group of the socket may talk. Throws when another keeper has it, or nft cannot be used. */
export const startKeeper = async ({ socket, table }: KeeperOptions): Promise<Server> => {
  await clearSocket(socket)
  await createNft(table).prepare()
  const keeper = new Keeper(table)
  const server = createServer((connection) => serve(connection, keeper))
  const mask = process.umask(0o117)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, resolve)
  })
  process.umask(mask)
  chmodSync(socket, 0o660)
  return server
}
