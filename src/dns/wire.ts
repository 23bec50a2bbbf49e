/** Numbers and names of the DNS wire format (RFC 1035 §4, RFC 6891), as far as an authoritative list needs them. */
import { canonicalDomain } from '../core/domain-name.ts'

export const TYPE = {
  A: 1,
  NS: 2,
  SOA: 6,
  TXT: 16,
  AAAA: 28,
  OPT: 41,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
} as const
export const CLASS_IN = 1
export const CLASS_NONE = 254
export const CLASS_ANY = 255
export const HEADER = 12

/** A host name in wire form, lower case, or undefined when it is none. A trailing dot may stand or not. */
export const nameToWire = (name: string): Uint8Array | undefined => {
  const labels = canonicalDomain(name)?.split('.')
  return labels && Uint8Array.from([...labels.flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]), 0])
}

/** The offset behind the name that begins at `at`, or -1 when it is none. Follows no pointers: it only steps over them. */
export const skipName = (message: Uint8Array, at: number, length: number): number => {
  for (let i = at, size = 0; i < length; ) {
    const label = message[i]!
    if (label === 0) return i + 1
    if (label >= 0xc0) return i + 2 <= length ? i + 2 : -1
    if (label > 63) return -1
    size += label + 1
    if (size > 254) return -1
    i += label + 1
  }
  return -1
}
