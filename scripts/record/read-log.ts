/**
 * Reads back, from what the servers wrote, which transaction belongs to which of our requests and which rules matched.
 * Deliberately simple and independent of `src/parse`: it knows only logs that we have just recorded ourselves, and it is
 * what the parsers are judged by.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Logged {
  readonly requestId: string | undefined
  readonly transactionId: string
  /** Status as the audit log has it. */
  readonly status: number
  readonly rules: readonly string[]
  readonly severities: readonly string[]
  /** Counted from 1: the line, the record of a native log, or the line of the index. */
  readonly place: number
}

export type AuditFormat = `modsec${2 | 3}-${'json' | 'native' | 'concurrent'}`

/** `text` as latin1; for concurrent logs that is the index, and `storage` the root of v2's and of archived paths. */
export const readAudit = (format: AuditFormat, text: string, storage = ''): readonly Logged[] => {
  switch (format) {
    case 'modsec3-json':
      return lines(text).map((line, i) => fromJson3(line, i + 1))
    case 'modsec3-concurrent':
      return lines(text).map((line, i) => fromJson3(readEntry(storage, line), i + 1))
    case 'modsec2-concurrent':
      return lines(text).map((line, i) => ({ ...native2(readEntry(storage, line)).map(fromNative)[0]!, place: i + 1 }))
    case 'modsec2-json':
      return lines(text).map((line, i) => fromJson2(line, i + 1))
    case 'modsec3-native':
      return nativeRecords(text, /^---(\w{8})---A--$/, (id, part) => `---${id}---${part}--`).map(fromNative)
    case 'modsec2-native':
      return native2(text).map(fromNative)
  }
}

/** Path of an entry in an index line, taken from the right end, where the client has no say. */
export const entryOf = (line: string): string => line.trimEnd().split(' ').at(-4) ?? ''

/** v3 writes absolute paths into the index, v2 paths below the storage directory. */
const readEntry = (storage: string, line: string): string => {
  const path = entryOf(line)
  return readFileSync(path.startsWith(`${storage}/`) ? path : join(storage, path), 'latin1')
}

const lines = (text: string): string[] => text.split('\n').filter((l) => l !== '')

interface Json3 {
  transaction: {
    unique_id: string
    request: { headers: Record<string, string> }
    response: { http_code: number }
    messages: { details: { ruleId: string; severity: string } }[]
  }
}

const fromJson3 = (line: string, place: number): Logged => {
  const { transaction: t } = JSON.parse(line) as Json3
  return {
    requestId: t.request.headers['X-Request-Id'],
    transactionId: t.unique_id,
    status: t.response.http_code,
    rules: t.messages.map((m) => m.details.ruleId),
    severities: t.messages.map((m) => m.details.severity),
    place,
  }
}

interface Json2 {
  transaction: { transaction_id: string }
  request: { headers: Record<string, string> }
  response: { status: number }
  audit_data: { messages?: string[] }
}

const fromJson2 = (line: string, place: number): Logged => {
  const record = JSON.parse(line) as Json2
  return {
    requestId: record.request.headers['X-Request-Id'],
    transactionId: record.transaction.transaction_id,
    status: record.response.status,
    ...rulesIn(record.audit_data.messages ?? []),
    place,
  }
}

/** The bracketed fields that ModSecurity writes after its own words; quotes in client data arrive escaped. */
const rulesIn = (messages: readonly string[]): { rules: string[]; severities: string[] } => {
  const found = messages.map((m) => [/\[id "(\d+)"\]/.exec(m)?.[1], /\[severity "(\w+)"\]/.exec(m)?.[1] ?? ''] as const)
  const rules = found.filter((f): f is readonly [string, string] => f[0] !== undefined)
  return { rules: rules.map(([id]) => id), severities: rules.map(([, severity]) => severity) }
}

const native2 = (text: string) => nativeRecords(text, /^--([0-9a-f]{8})-A--$/, (id, part) => `--${id}-${part}--`)

interface NativeRecord {
  readonly parts: ReadonlyMap<string, readonly string[]>
  readonly place: number
}

const nativeRecords = (text: string, first: RegExp, boundary: (id: string, part: string) => string): NativeRecord[] => {
  const records: NativeRecord[] = []
  let id: string | undefined
  let parts = new Map<string, string[]>()
  let part: string[] = []
  for (const line of text.split('\n')) {
    const begins = id === undefined ? first.exec(line)?.[1] : undefined
    if (begins !== undefined) {
      id = begins
      part = []
      parts = new Map([['A', part]])
    } else if (id !== undefined && line === boundary(id, 'Z')) {
      records.push({ parts, place: records.length + 1 })
      id = undefined
    } else if (id !== undefined && line.length === boundary(id, 'X').length && line === boundary(id, line.at(-3)!)) {
      part = []
      parts.set(line.at(-3)!, part)
    } else part.push(line)
  }
  return records
}

const fromNative = ({ parts, place }: NativeRecord): Logged => {
  const header = /^\[[^\]]*\] (\S+)/.exec(parts.get('A')?.[0] ?? '')
  const messages = (parts.get('H') ?? []).filter((l) => /^(?:Message: |ModSecurity: )/.test(l))
  return {
    requestId: parts
      .get('B')
      ?.map((l) => /^X-Request-Id: (\S+)/.exec(l)?.[1])
      .find((v) => v !== undefined),
    transactionId: header?.[1] ?? '',
    status: Number(/^HTTP\/\S+ (\d{3})/.exec(parts.get('F')?.[0] ?? '')?.[1] ?? 0),
    ...rulesIn(messages),
    place,
  }
}

/** Lines of an error log by transaction id. */
export const readErrorLog = (
  text: string,
): ReadonlyMap<string, { readonly lines: number[]; readonly rules: string[] }> => {
  const found = new Map<string, { lines: number[]; rules: string[] }>()
  for (const [i, line] of text.split('\n').entries()) {
    const id = line.includes('ModSecurity') ? /\[unique_id "([^"]+)"\]/.exec(line)?.[1] : undefined
    if (id === undefined) continue
    const entry = found.get(id) ?? { lines: [], rules: [] }
    entry.lines.push(i + 1)
    entry.rules.push(...rulesIn([line]).rules)
    found.set(id, entry)
  }
  return found
}

/** Line numbers of an access log, by address and request line, in order. */
export const readAccessLog = (text: string): ReadonlyMap<string, number[]> => {
  const found = new Map<string, number[]>()
  for (const [i, line] of lines(text).entries()) {
    const [address, request] = line.startsWith('{') ? fromAccessJson(line) : fromCombined(line)
    const key = `${address} ${request}`
    const places = found.get(key)
    if (places) places.push(i + 1)
    else found.set(key, [i + 1])
  }
  return found
}

const fromAccessJson = (line: string): readonly [string, string] => {
  const record = JSON.parse(line) as { remote_addr: string; request: string }
  return [record.remote_addr, record.request]
}

/** Servers escape quotes in the request line, so the first bare one ends it. */
const fromCombined = (line: string): readonly [string, string] => {
  const match = /^(\S+) \S+ \S+ \[[^\]]*\] "((?:[^"\\]|\\.)*)"/.exec(line)
  return [match?.[1] ?? '', (match?.[2] ?? '').replaceAll('\\"', '"').replaceAll('\\\\', '\\')]
}
