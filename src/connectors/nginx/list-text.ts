/** The text of a list that nginx includes in a `geo` block, and the way back. */
import { createHash } from 'node:crypto'
import { parseCidr } from '../../core/ip.ts'

/**
 * Where a list keeps its generation: an address that no request can come from (discard-only, RFC 6666). Not
 * 255.255.255.255: for `geo` that is everybody who comes from no address, such as by a unix socket.
 */
export const GENERATION_AT = '100::1'

const LINE = /^(\S{2,49}) (R-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4});$/
const GENERATION = /^100::1 (G-[0-9a-f]{16});$/

/** `geo` lines, without newlines. */
export function* listLines(list: Iterable<readonly [value: string, reference: string]>): Generator<string> {
  yield '# Written by Riposte, which overwrites it. To ban or unban: riposte decisions.'
  const digest = createHash('sha256')
  for (const [value, reference] of list) {
    const line = `${value} ${reference};`
    digest.update(line).update('\n')
    yield line
  }
  yield `${GENERATION_AT} G-${digest.digest('hex').slice(0, 16)};`
}

export interface ListText {
  readonly list: ReadonlyMap<string, string>
  readonly generation: string | undefined
  /** Lines that are not ours: somebody has edited the file. */
  readonly foreign: number
}

export const parseList = (text: string): ListText => {
  const list = new Map<string, string>()
  let generation: string | undefined
  let foreign = 0
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [, value, reference] = LINE.exec(line) ?? []
    const mark = GENERATION.exec(line)?.[1]
    if (mark !== undefined) generation = mark
    else if (value !== undefined && parseCidr(value)?.text === value) list.set(value, reference!)
    else foreign++
  }
  return { list, generation, foreign }
}
