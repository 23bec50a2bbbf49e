/** Finds the format of a log by its first bytes, for people and for the configuration that they then write. */
import { decode } from './decode.ts'
import { asObject } from './record-shape.ts'
import { jsonKind, type Kind, textKind } from './sniff.ts'

const NEWLINE = 10
/** Garbage before the first record that is passed over, in lines: more than a torn body usually leaves. */
const PATIENCE = 256

/** A JSON line whose end lies beyond the sample: by the keys that the engines write first or nowhere else. */
const tornJsonKind = (text: string): Kind | undefined => {
  const has = (key: string): boolean => new RegExp(`"${key}"\\s{0,4}:`).test(text)
  if (has('class_uid')) return 'coraza-ocsf'
  if (has('audit_data') || has('remote_address')) return 'modsec2-json'
  if (has('unix_timestamp')) return 'coraza-json'
  if (has('alert_type')) return 'soar-webhook'
  if (has('transaction') && (has('client_ip') || has('time_stamp'))) return 'modsec3-json'
  return has('remote_addr') && has('status') ? 'access-json' : undefined
}

const lineKind = (line: Uint8Array, whole: boolean): Kind | undefined => {
  const kind = textKind(line)
  if (kind !== 'json') return kind === 'modsec-index' ? undefined : kind
  const text = decode(line)
  try {
    const root = asObject(JSON.parse(text))
    return root && jsonKind(root)
  } catch {
    return whole ? undefined : tornJsonKind(text)
  }
}

/**
 * The format of the first line that fits one. `sample` is the beginning of a log: it may begin with a byte-order mark,
 * blank lines or the torn rest of a record, and end anywhere. Undefined when nothing fits.
 */
export const detectKind = (sample: Uint8Array): Kind | undefined => {
  let at = 0
  for (let line = 0; line < PATIENCE && at < sample.length; line++) {
    const newline = sample.indexOf(NEWLINE, at)
    const end = newline < 0 ? sample.length : newline
    const kind = lineKind(sample.subarray(at, end), newline >= 0)
    if (kind) return kind
    at = end + 1
  }
  return undefined
}
