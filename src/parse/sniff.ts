/** What a record is, by its first bytes, or by its keys when it is JSON. */
import { bufferOf } from './decode.ts'
import { asArray, asObject, type Json } from './record-shape.ts'

export type Kind =
  | 'modsec3-json'
  | 'modsec2-json'
  | 'coraza-json'
  | 'coraza-ocsf'
  | 'access-json'
  | 'modsec3-native'
  | 'modsec2-native'
  | 'coraza-native'
  | 'access-combined'
  | 'nginx-error'
  | 'apache-error'
  | 'soar-webhook'

/** Which of the JSON formats an object is. */
export const jsonKind = (root: Json): Kind | undefined => {
  const log = asObject(root['transaction'])
  if (!log) {
    if ('class_uid' in root) return 'coraza-ocsf'
    if ('remote_addr' in root && 'status' in root) return 'access-json'
    if ('alert_type' in root && 'indicators' in root) return 'soar-webhook'
    return typeof root['error'] === 'string' && root['error'].includes('ModSecurity') ? 'modsec3-json' : undefined
  }
  if ('audit_data' in root || 'remote_address' in log || 'matched_rules' in root) return 'modsec2-json'
  if ('unix_timestamp' in log || asArray(root['messages']).length > 0) return 'coraza-json'
  return 'client_ip' in log || 'time_stamp' in log ? 'modsec3-json' : undefined
}

/** Blanks, line ends, and the NULs of a hole in the file. */
const IGNORED = new Set([0, 9, 10, 13, 32])
/** How many bytes the first look takes: a boundary, a date, or the request of an access-log line fit in. */
const LOOK = 2048

const NGINX = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: /
const APACHE = /^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})? \d{4}\] \[/
const CLF = /^[^"]{4,512} \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "/
/** The end of an index line: a record's file, its offset and size. */
const INDEX_END = /\/\d{8}-\d{6}-[^/ ]{1,256} \d{1,15} \d{1,15}(?:\.\d{1,9})?(?: md5:[0-9a-f]{32})?\s*$/

const latin1 = (bytes: Uint8Array, from: number, to: number): string => bufferOf(bytes).toString('latin1', from, to)

/** What a record looks like: one of the text formats, some JSON, or an index line. */
export const textKind = (bytes: Uint8Array): Kind | 'json' | 'modsec-index' | undefined => {
  let at = 0
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = 3
  while (at < bytes.length && IGNORED.has(bytes[at]!)) at++
  if (bytes[at] === 0x7b) return 'json'
  const head = latin1(bytes, at, Math.min(bytes.length, at + LOOK))
  if (head.startsWith('--')) {
    if (/^---[\w@-]{4,64}---A--\r?(?:\n|$)/.test(head)) return 'modsec3-native'
    if (/^--[0-9a-f]{8}-A--\r?(?:\n|$)/.test(head)) return 'modsec2-native'
    if (/^--\w{4,64}-A--\r?(?:\n|$)/.test(head)) return 'coraza-native'
    return undefined
  }
  if (NGINX.test(head)) return 'nginx-error'
  if (APACHE.test(head)) return 'apache-error'
  if (!CLF.test(head)) return undefined
  return INDEX_END.test(latin1(bytes, Math.max(0, bytes.length - 512), bytes.length))
    ? 'modsec-index'
    : 'access-combined'
}
