/** UUIDs that are made of something, so that the same thing has the same one (RFC 9562). */
import { hash } from 'node:crypto'

/** Version 8, made of a hash; or written as version 4 for those who take no other. */
export const uuidOf = (text: string, version: 4 | 8 = 8): string => {
  const hex = hash('sha256', text, 'hex')
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
