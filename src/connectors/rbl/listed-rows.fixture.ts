/** Networks of both families, and for each the one row that is right for it. */
import type { NetworkKey } from '../../core/network-key.ts'
import type { ListRow } from './index-table.ts'

/** These first come and go all the time, each in the row that another has left. */
export const FEW = 16

export const subject = (n: number): string => {
  const [high, low] = [(n >> 8) & 255, n & 255]
  return n % 3 === 0
    ? `2001:db8:${high.toString(16)}:${low.toString(16)}:${n.toString(16)}::1`
    : `203.${n >> 16}.${high}.${low}`
}

export const rowFor = ({ words }: NetworkKey): ListRow => {
  const sum = (words[0]! ^ words[1]! ^ words[2]! ^ words[3]!) >>> 0
  return { type: 3, code: 2 + (sum % 9), until: 1 + (sum >>> 1), high: sum, low: sum & 0xffff }
}
