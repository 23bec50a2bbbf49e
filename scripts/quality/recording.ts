/** A labelled recording: a log, and the truth about who sent what. Both may be gzipped. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import type { Event } from '../../src/core/event.ts'
import { canonicalIp } from '../../src/core/ip.ts'
import { silent } from '../../src/core/reason.ts'
import { interpret, type Lane } from '../../src/pipeline/engine.ts'

export type Role = 'attacker' | 'innocent' | 'shared'

export interface Client {
  readonly address: string
  role: Role
  readonly kinds: Set<string>
  requests: number
  /** Transactions with at least one rule that is no score evaluation; of attackers only the hostile ones count. */
  matched: number
}

/** One request as the generator of the traffic remembers it. */
interface TruthLine {
  readonly request_id?: string
  readonly src_ip: string
  readonly true_client?: string
  readonly role?: string
  readonly kind?: string
  readonly cls?: string
  readonly attack?: boolean | null
  readonly rules?: readonly (string | number)[]
  readonly xff?: string | null
}

export interface Truth {
  readonly clients: ReadonlyMap<string, Client>
  /** True for request ids of hostile requests; requests of tools, of which nobody knows, count as hostile. */
  hostile(requestId: string | undefined, client: string): boolean
  /** Addresses that appear only in forged headers: nobody is there. */
  readonly forged: ReadonlySet<string>
  /** Truth without roles knows attack classes per request: an address with one attack is an attacker. */
  readonly byRole: boolean
  /** False when the truth does not say which rules matched: then the log has to. */
  readonly knowsRules: boolean
}

const EVALUATION = /^(?:949|959|980)/

const isHostile = (line: TruthLine): boolean => {
  if (line.role !== undefined) return line.role.endsWith('attacker') && line.attack !== false
  return line.cls !== undefined && line.cls !== 'benign' && !line.cls.startsWith('fpcheck')
}

export const readTruth = async (file: string): Promise<Truth> => {
  const clients = new Map<string, Client>()
  const hostileIds = new Map<string, boolean>()
  const named = new Set<string>()
  let byRole = false
  let knowsRules = false
  for await (const text of lines(file)) {
    const line = JSON.parse(text) as TruthLine
    const raw = line.true_client ?? line.src_ip
    const address = canonicalIp(raw) ?? raw
    const hostile = isHostile(line)
    byRole ||= line.role !== undefined
    knowsRules ||= line.rules !== undefined
    if (line.request_id !== undefined) hostileIds.set(line.request_id, hostile)
    for (const part of line.xff?.split(',') ?? []) named.add(part.trim())
    let client = clients.get(address)
    if (!client) {
      client = { address, role: 'innocent', kinds: new Set(), requests: 0, matched: 0 }
      clients.set(address, client)
    }
    client.requests++
    if (line.kind !== undefined) client.kinds.add(line.kind)
    if (line.role?.startsWith('shared')) client.role = 'shared'
    else if (client.role === 'innocent' && (line.role === 'attacker' || (line.role === undefined && hostile)))
      client.role = 'attacker'
    const matched = line.rules?.some((rule) => !EVALUATION.test(String(rule))) ?? false
    if (matched && (hostile || line.role !== undefined)) client.matched++
  }
  const forged = new Set([...named].filter((address) => canonicalIp(address) !== undefined && !clients.has(address)))
  return {
    clients,
    forged,
    byRole,
    knowsRules,
    hostile: (id, client) =>
      (id === undefined ? undefined : hostileIds.get(id)) ?? clients.get(client)?.role === 'attacker',
  }
}

/** Every event of the log in order, through the real parser and classifier. */
export async function* readEvents(file: string, lane: Lane): AsyncGenerator<Event> {
  const stream = createReadStream(file)
  const bytes: AsyncIterable<Buffer> = file.endsWith('.gz') ? stream.pipe(createGunzip()) : stream
  const framer = lane.format.frame({ source: file, start: 0, limit: lane.lineLimit })
  let offset = 0
  for await (const chunk of bytes) {
    for (const record of framer.push(chunk, offset)) {
      const outcome = interpret(record, lane, silent)
      if ('event' in outcome) yield outcome.event
    }
    offset += chunk.length
  }
  for (const record of framer.end()) {
    const outcome = interpret(record, lane, silent)
    if ('event' in outcome) yield outcome.event
  }
}

export const requestIdOf = (event: Event): string | undefined =>
  event.request.headers.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1]

async function* lines(file: string): AsyncGenerator<string> {
  const stream = createReadStream(file)
  const input = file.endsWith('.gz') ? stream.pipe(createGunzip()) : stream
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) if (line !== '') yield line
}
