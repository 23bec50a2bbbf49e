/** Entries on their way to the answering thread: 36 bytes each, handed over without a copy. */
import { REMEDIATIONS } from '../../core/decision.ts'
import { keyOfText, type NetworkKey, newKey } from '../../core/network-key.ts'
import { codeOf } from '../../dns/rbl-codes.ts'
import type { Entry } from '../../kit/sink.ts'
import { type ListRow, newRow } from './index-table.ts'

const SIZE = 36

export type ToThread =
  /** `count`: the entries of the snapshot that begins. */
  | { readonly kind: 'begin'; readonly number: number; readonly count: number }
  | { readonly kind: 'complete'; readonly number: number }
  | { readonly kind: 'put' | 'remove' | 'allow'; readonly number: number; readonly packed: ArrayBuffer }
  | { readonly kind: 'report' | 'stop'; readonly number: number }

type Packable = Pick<Entry, 'id' | 'type' | 'attackClass' | 'until'>

export interface Packer {
  readonly isFull: boolean
  readonly isEmpty: boolean
  add(entry: Packable, key: NetworkKey): void
  /** What was added since the last time. */
  take(): ArrayBuffer
  /** Gives back what was taken, to be filled again: a new one for each would leave a trail of garbage. */
  reuse(buffer: ArrayBuffer): void
}

/** Takes entries one by one, so that a million of them need not be kept while they are sent. */
export const createPacker = (capacity: number): Packer => {
  const bytes = capacity * SIZE
  let view: DataView<ArrayBuffer> | undefined
  let at = 0
  return {
    get isFull() {
      return at === bytes
    },
    get isEmpty() {
      return at === 0
    },
    add(entry, key) {
      view ??= new DataView(new ArrayBuffer(bytes))
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
      const buffer = view?.buffer ?? new ArrayBuffer(0)
      const taken = at === bytes ? buffer : buffer.slice(0, at)
      if (taken === buffer) view = undefined
      at = 0
      return taken
    },
    reuse(buffer) {
      if (buffer.byteLength === bytes) view = new DataView(buffer)
    },
  }
}

/** A value that is no network is left out. */
export const pack = (entries: readonly (Packable & Pick<Entry, 'value'>)[]): ArrayBuffer => {
  const packer = createPacker(entries.length)
  const key = newKey()
  for (const entry of entries) if (keyOfText(entry.value, key)) packer.add(entry, key)
  return packer.take()
}

/** Calls `visit` for each; key and row are the same two objects every time. */
export const unpack = (buffer: ArrayBuffer, visit: (key: NetworkKey, row: ListRow) => void): void => {
  const view = new DataView(buffer)
  const key = newKey()
  const row = newRow()
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
