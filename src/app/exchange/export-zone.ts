/**
 * Giving the decisions in force to a name server that we do not run: once, as a file.
 *
 *   enters   the store, page by page, and the gate
 *   leaves   a zone file (`bind`), data of rbldnsd's type `combined`, a response policy zone, or a table as text
 *   promise  nothing that is simulated, over, allowlisted, our own or special is ever in it; nothing that a client wrote
 *            is in it, only addresses, codes and reference codes
 */
import { isActive, type Remediation } from '../../core/decision.ts'
import { parseCidr } from '../../core/ip.ts'
import type { Millis } from '../../core/time.ts'
import { listRecords, testRecords, zoneWithholds } from '../../dns/list-records.ts'
import { ListTable } from '../../dns/list-table.ts'
import { combinedLines, serialOfDataText } from '../../dns/rbldnsd-text.ts'
import { rpzLines } from '../../dns/rpz-text.ts'
import { nextSerial } from '../../dns/zone-serial.ts'
import { serialOfZoneText, type ZoneHead, zoneLines } from '../../dns/zone-text.ts'
import type { Gate } from '../../enforce/gate.ts'
import type { Enforcement } from '../../kit/store.ts'
import type { Exported } from './export.ts'
import type { ZoneFormat } from './zone-formats.ts'

export interface ZoneOptions extends Omit<ZoneHead, 'serial'> {
  readonly types: readonly Remediation[]
  readonly format: ZoneFormat
  /** The beginning of what the new file replaces: the serial must follow its own. */
  readonly before: string
}

/** Characters that are gathered before they are written. */
const CHUNK = 64 * 1024

export const exportZone = async (
  store: Pick<Enforcement, 'eachHeld'>,
  gate: Gate,
  options: ZoneOptions,
  now: Millis,
  write: (text: string) => void,
): Promise<Exported> => {
  const { types, format } = options
  const table = new ListTable(types)
  let withheld = 0
  await store.eachHeld(now, ({ decision }) => {
    const { simulated, type, origin, value, attackClass = 'other' } = decision
    if (simulated || origin === 'canary' || !types.includes(type) || !isActive(decision, now)) return
    const cidr = parseCidr(value)
    const may =
      cidr !== undefined &&
      gate.refuses(cidr) === undefined &&
      !(format === 'bind' && zoneWithholds(value) !== undefined) &&
      table.put({ ...decision, attackClass })
    if (!may) withheld++
  })
  let pending = ''
  for (const line of linesOf(table, options, now)) {
    pending += `${line}\n`
    if (pending.length < CHUNK) continue
    write(pending)
    pending = ''
  }
  write(pending)
  return { written: table.size, withheld }
}

function* linesOf(table: ListTable, options: ZoneOptions, now: Millis): IterableIterator<string> {
  const { format, before, ttl } = options
  const serial = nextSerial(now, [serialOfZoneText(before), serialOfDataText(before)])
  const head = { ...options, serial }
  switch (format) {
    case 'bind':
      return yield* zoneLines(head, both(testRecords(ttl), listRecords(table, { ttl, now })))
    case 'rbldnsd':
      return yield* combinedLines(head, table)
    case 'rpz':
      return yield* rpzLines(head, table)
    case 'text':
      for (const row of table.rows()) yield `${table.value(row)}\t127.0.0.${table.code(row)}\t${table.reference(row)}`
  }
}

function* both<T>(first: Iterable<T>, second: Iterable<T>): IterableIterator<T> {
  yield* first
  yield* second
}
