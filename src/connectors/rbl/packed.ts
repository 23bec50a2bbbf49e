/** Entries on their way to the answering thread: 36 bytes each, handed over without a copy. */
import { REMEDIATIONS } from '../../core/decision.ts'
import { keyOfText, type NetworkKey, newKey } from '../../core/network-table.ts'
import { codeOf } from '../../dns/rbl-codes.ts'
import type { Entry } from '../../kit/sink.ts'
import type { ListRow } from './index-table.ts'

const SIZE = 36

export type ToThread =
  | { readonly kind: 'begin' | 'complete'; readonly number: number }
  | { readonly kind: 'put' | 'remove' | 'allow'; readonly number: number; readonly packed: ArrayBuffer }
  | { readonly kind: 'report' | 'stop'; readonly number: number }

type Packable = Pick<Entry, 'id' | 'value' | 'type' | 'attackClass' | 'until'>

export interface Packer {
  readonly isFull: boolean
  readonly isEmpty: boolean
  /** A value that is no network is left out. */
  add(entry: Packable): void
  /** What was added since the last time. */
  take(): ArrayBuffer
}

/** Takes entries one by one, so that a million of them need not be kept while they are sent. */
export const createPacker = (capacity: number): Packer => {
  const key = newKey()
  let view = new DataView(new ArrayBuffer(capacity * SIZE))
  let at = 0
  return {
    get isFull() {
      return at === view.byteLength
    },
    get isEmpty() {
      return at === 0
    },
    add(entry) {
      if (!keyOfText(entry.value, key)) return
      for (let i = 0; i < 4; i++) view.setUint32(at + 4 * i, key.words[i]!)
      view.setUint8(at + 16, key.bits)
      view.setUint8(at + 17, REMEDIATIONS.indexOf(entry.type))
      view.setUint8(at + 18, codeOf(entry.attackClass))
      view.setUint32(at + 20, Math.min(0xffffffff, Math.floor(entry.until / 1000)))
      view.setUint32(at + 24, Number.parseInt(entry.id.slice(2, 10), 16) || 0)
      view.setUint16(at + 28, Number.parseInt(entry.id.slice(10, 14), 16) || 0)
      at += SIZE
    },
    take() {
      const { buffer } = view
      const taken = at === buffer.byteLength ? buffer : buffer.slice(0, at)
      view = new DataView(new ArrayBuffer(capacity * SIZE))
      at = 0
      return taken
    },
  }
}

export const pack = (entries: readonly Packable[]): ArrayBuffer => {
  const packer = createPacker(entries.length)
  for (const entry of entries) packer.add(entry)
  return packer.take()
}

/** Calls `visit` for each; key and row are the same two objects every time. */
export const unpack = (buffer: ArrayBuffer, visit: (key: NetworkKey, row: ListRow) => void): void => {
  const view = new DataView(buffer)
  const key = newKey()
  const row = { type: 0, code: 0, until: 0, high: 0, low: 0 }
  for (let at = 0; at + SIZE <= buffer.byteLength; at += SIZE) {
    for (let i = 0; i < 4; i++) key.words[i] = view.getUint32(at + 4 * i)
    key.bits = view.getUint8(at + 16)
    row.type = view.getUint8(at + 17)
    row.code = view.getUint8(at + 18)
    row.until = view.getUint32(at + 20)
    row.high = view.getUint32(at + 24)
    row.low = view.getUint16(at + 28)
    visit(key, row)
  }
}
