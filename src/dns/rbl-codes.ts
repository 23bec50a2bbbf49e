/**
 * The answers of our lists: one address of 127.0.0.0/8 per attack class (RFC 5782 §2.1; 127.0.0.1 is never an answer).
 * A number, once given, is never given to another class: somebody's rules rest on it. New classes go to the end.
 */
import type { AttackClass } from '../core/event.ts'

/** Listed, for whatever reason; also the answer of the test entry and of the allow list. */
export const LISTED = 2

const CODES: Readonly<Record<AttackClass, number>> = {
  other: LISTED,
  sqli: 3,
  xss: 4,
  lfi: 5,
  rfi: 6,
  rce: 7,
  php: 8,
  java: 9,
  ssrf: 10,
  xxe: 11,
  ssti: 12,
  'session-fixation': 13,
  protocol: 14,
  scanner: 15,
  'data-leak': 16,
  dos: 17,
  bruteforce: 18,
  honeypot: 19,
}

/** The last octet of 127.0.0.x. */
export const codeOf = (attackClass: AttackClass): number => CODES[attackClass]

/** What an answer means; undefined for a code that we never give. */
export const classOfCode = (code: number): AttackClass | 'listed' | undefined =>
  code === LISTED ? 'listed' : (Object.entries(CODES) as [AttackClass, number][]).find(([, own]) => own === code)?.[0]
