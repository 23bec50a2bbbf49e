/**
 * HAProxy's runtime API over its admin socket (Management Guide §9.3): one connection per command, answered until its
 * end. A command and its payload must fit into one buffer (tune.bufsize, 16 kB), so what is long goes in pieces; of too
 * long a command HAProxy says nothing at all, which is why only the expected answer counts as success.
 */
import { connect } from 'node:net'
import { Failure } from '../../core/failure.ts'
import { type Millis, SECOND } from '../../core/time.ts'

export interface MapEntry {
  readonly key: string
  readonly value: string
}

export interface Info {
  readonly pid: string
  readonly version: string
  /** Seconds. */
  readonly uptime: number
}

const PIECE = 8 * 1024
const PATIENCE: Millis = 30 * SECOND
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'Let the user of the daemon use the socket (its group is set by `stats socket … group`).',
  ENOENT: 'Start HAProxy, with `stats socket … level admin` in its `global` section.',
}

export class RuntimeApi {
  readonly #socket: string

  constructor(socket: string) {
    this.#socket = socket
  }

  async info(): Promise<Info> {
    const text = await this.#ask('show info')
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? ''
    return { pid: field('Pid'), version: field('Version'), uptime: Number(field('Uptime_sec')) }
  }

  async list(map: string): Promise<readonly MapEntry[]> {
    const entries: MapEntry[] = []
    for (const line of linesOf(await this.#ask(`show map ${map}`))) {
      const [, key, value] = /^0x[0-9a-f]+ (\S+) (.*)$/.exec(line) ?? []
      if (key === undefined) throw refused(map, line)
      entries.push({ key, value: value! })
    }
    return entries
  }

  /** What a request from each address finds in the map; undefined for nothing. */
  async get(map: string, addresses: readonly string[]): Promise<readonly (MapEntry | undefined)[]> {
    const found: (MapEntry | undefined)[] = []
    for (const command of pieces(
      addresses.map((address) => `get map ${map} ${address}`),
      ';',
    )) {
      for (const line of linesOf(await this.#ask(command))) {
        const [, key, value] = /, found=yes, .*key="([^"]*)", value="([^"]*)"/.exec(line) ?? []
        if (key === undefined && !line.endsWith('found=no')) throw refused(map, line)
        found.push(key === undefined ? undefined : { key, value: value! })
      }
    }
    return found
  }

  /** All of the map, at once: requests see the old entries or the new ones. */
  async replace(map: string, entries: Iterable<MapEntry>): Promise<void> {
    const answer = await this.#ask(`prepare map ${map}`)
    const version = /^New version created: (\d+)\s*$/.exec(answer)?.[1]
    if (version === undefined) throw refused(map, answer)
    try {
      await this.#add(`@${version} ${map}`, map, entries)
      await this.#expectSilence(map, `commit map @${version} ${map}`)
    } catch (error) {
      await this.#ask(`clear map @${version} ${map}`).catch(() => undefined)
      throw error
    }
  }

  /** Gives a key another value; false when it is not there. */
  async set(map: string, { key, value }: MapEntry): Promise<boolean> {
    const [fault] = linesOf(await this.#ask(`set map ${map} ${key} ${value}`))
    if (fault !== undefined && !fault.includes('not found')) throw refused(map, fault)
    return fault === undefined
  }

  /** For keys that are not there: HAProxy keeps both when one is added twice. */
  async add(map: string, entries: Iterable<MapEntry>): Promise<void> {
    await this.#add(map, map, entries)
  }

  /** Takes a key out; one that is not there is no fault. */
  async remove(map: string, key: string): Promise<void> {
    const [fault] = linesOf(await this.#ask(`del map ${map} ${key}`))
    if (fault !== undefined && fault !== 'Key not found.') throw refused(map, fault)
  }

  async #add(where: string, map: string, entries: Iterable<MapEntry>): Promise<void> {
    const lines = function* () {
      for (const { key, value } of entries) yield `${key} ${value}`
    }
    // An empty line ends the payload.
    for (const payload of pieces(lines(), '\n')) await this.#expectSilence(map, `add map ${where} <<\n${payload}\n`)
  }

  async #expectSilence(map: string, command: string): Promise<void> {
    const answer = await this.#ask(command)
    if (answer !== '\n') throw refused(map, answer)
  }

  #ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = ''
      const socket = connect(this.#socket, () => socket.write(`${command}\n`))
      socket.setEncoding('utf8')
      socket.setTimeout(PATIENCE, () => socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })))
      socket.on('data', (text: string) => {
        answer += text
      })
      socket.on('end', () => resolve(answer))
      socket.on('error', (error: NodeJS.ErrnoException) =>
        reject(
          new Failure('HAPROXY_DOWN', `HAProxy does not answer on ${this.#socket} (${error.code ?? error.message})`, {
            retry: 'backoff',
            remedy: REMEDIES[error.code ?? ''] ?? 'Start HAProxy.',
            cause: error,
          }),
        ),
      )
    })
  }
}

const linesOf = (answer: string): readonly string[] => answer.split('\n').filter((line) => line !== '')

const refused = (map: string, answer: string): Failure =>
  new Failure('HAPROXY_REFUSED', `HAProxy refuses ${map}: ${answer.trim().slice(0, 200) || 'no answer'}`, {
    retry: 'backoff',
    remedy: /permission denied/i.test(answer)
      ? 'Give the socket `level admin`.'
      : 'Is the map named in haproxy.cfg by just this path (content/enforce/haproxy.cfg)?',
  })

/** Joins texts as long as they fit into one command. */
function* pieces(texts: Iterable<string>, between: string): Generator<string> {
  let piece: string[] = []
  let length = 0
  for (const text of texts) {
    if (length + text.length > PIECE) {
      yield piece.join(between)
      piece = []
      length = 0
    }
    piece.push(text)
    length += text.length + between.length
  }
  if (piece.length > 0) yield piece.join(between)
}
