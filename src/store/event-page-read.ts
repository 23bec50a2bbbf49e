/** Reads what event-page.ts wrote. */
import { zstdDecompressSync } from 'node:zlib'
import type { AttackClass, Event, RuleMatch } from '../core/event.ts'
import { Failure } from '../core/failure.ts'
import { type Json, PAGE_VERSION, type Rule, SHORTEST_REF } from './event-page.ts'

/** Far above what a page can hold; stops a damaged length field from taking all memory. */
const UNPACKED_MAX = 1 << 26

/** Every event of a page, in its place. Throws STORE_CORRUPT for bytes that are no page. */
export const readPage = (bytes: Uint8Array): Event[] => {
  try {
    const version = bytes[0]
    if (version !== PAGE_VERSION && version !== 1) throw new Error(`page version ${version}`)
    const text = zstdDecompressSync(bytes.subarray(1), { maxOutputLength: UNPACKED_MAX }).toString()
    const lines = text.trimEnd().split('\n')
    const rules = JSON.parse(lines.pop() ?? '') as Rule[]
    // Version 1 numbered every string, however short.
    const met = strings(version === 1 ? 0 : SHORTEST_REF)
    return lines.map((line) => readEvent(JSON.parse(line) as Json[], rules, met))
  } catch (cause) {
    throw new Failure('STORE_CORRUPT', 'a page of stored events cannot be read', {
      remedy: 'Restore the database from a backup, or move it away and let Riposte read the logs again.',
      cause,
    })
  }
}

/** Gives back each string, met again by its number. */
const strings = (shortest: number) => {
  const met: string[] = []
  return (value: Json | undefined): string => {
    if (typeof value === 'number') return met[value]!
    const text = value as string
    if (text.length >= shortest) met.push(text)
    return text
  }
}

const readMatch = (rule: Rule, data: string, variable: string | undefined): RuleMatch => {
  const [ruleId, message, severity, tags, file, line, attackClass, paranoiaLevel, evaluation] = rule
  return {
    ruleId,
    message,
    data,
    severity,
    tags,
    file,
    line,
    ...(variable === undefined ? {} : { variable }),
    attackClass: attackClass as AttackClass,
    ...(paranoiaLevel === null ? {} : { paranoiaLevel }),
    ...(evaluation === 1 ? { evaluation: true } : {}),
  }
}

const readEvent = (row: readonly Json[], rules: readonly Rule[], string: ReturnType<typeof strings>): Event => {
  let at = 0
  const plain = <T>(): T => row[at++] as T
  const text = (): string => string(row[at++])
  const textOr = (): string | undefined => {
    const value = row[at++]
    return value === null ? undefined : string(value)
  }

  const packedMatches = plain<readonly (string | number | null)[]>()
  const matches: RuleMatch[] = []
  for (let i = 0; i < packedMatches.length; i += 3) {
    const [rule, data, variable] = packedMatches.slice(i, i + 3)
    matches.push(readMatch(rules[rule as number]!, data as string, variable === null ? undefined : string(variable)))
  }
  const packedHeaders = plain<readonly (string | number)[]>()
  const headers: [string, string][] = []
  for (let i = 0; i < packedHeaders.length; i += 2)
    headers.push([string(packedHeaders[i]), string(packedHeaders[i + 1])])

  const id = plain<string>()
  const transactionId = plain<string>()
  const time = plain<number>()
  const sensor = text()
  const engine = text() as Event['engine']
  const clientIp = text()
  const peerIp = text()
  const session = textOr()
  const method = text()
  const host = text()
  const uri = plain<string>()
  const split = plain<number | readonly [string, string]>()
  const [path, query] = typeof split === 'number' ? [uri.slice(0, split), uri.slice(split + 1)] : split
  const userAgent = text()
  const httpVersion = text()
  const status = plain<number>()
  const classes = text()
  const anomalyScore = plain<number | null>()
  const threatScore = plain<number>()
  const severity = text() as Event['severity']
  const disposition = text() as Event['disposition']
  const dispositionConfidence = plain<number>()
  const engineMode = textOr() as Event['engineMode']
  const redacted = plain<readonly string[]>()
  const source = text()
  return {
    id,
    transactionId,
    time,
    sensor,
    engine,
    clientIp,
    peerIp,
    ...(session === undefined ? {} : { session }),
    request: { method, host, uri, path, query, userAgent, headers, httpVersion },
    response: { status },
    matches,
    attackClasses: classes === '' ? [] : (classes.split(' ') as AttackClass[]),
    ...(anomalyScore === null ? {} : { anomalyScore }),
    threatScore,
    severity,
    disposition,
    dispositionConfidence,
    ...(engineMode === undefined ? {} : { engineMode }),
    redacted,
    raw: { source, offset: plain<number>(), length: plain<number>() },
  }
}
