/**
 * Bytes enter, transactions leave, and nothing else happens here: no file, no clock, no memory beyond a framer's (but for
 * the latest addresses and time, which only save reading them again).
 *
 *   frame    cuts a stream of bytes into records; never keeps more than the limit of one; chunk boundaries are invisible
 *   parse    reads one record: a transaction, or why there is none, or why there is deliberately none
 *
 * Promised for every format: no bytes make it throw or hang; times are true UTC, addresses canonical; severities are
 * syslog numbers whatever the dialect; a field that the log does not carry is absent. Every byte of a record was
 * written under an attacker's influence: no text of it appears in a rejection, no header name is a property name, and
 * where a format does not escape, it is read from the end that the engine alone writes.
 */
import type { Format } from '../kit/parse.ts'
import { accessCombined } from './access-combined.ts'
import { accessJson } from './access-json.ts'
import { apacheError } from './apache-error.ts'
import { auto } from './auto.ts'
import { corazaJson } from './coraza-json.ts'
import { corazaNative } from './coraza-native.ts'
import { corazaOcsf } from './coraza-ocsf.ts'
import { detectKind } from './detect.ts'
import { modsec2Json } from './modsec2-json.ts'
import { modsec2Native } from './modsec2-native.ts'
import { modsec3Json } from './modsec3-json.ts'
import { modsec3Native } from './modsec3-native.ts'
import { nginxError } from './nginx-error.ts'
import { soarWebhook } from './soar-webhook.ts'

export const FORMATS: readonly Format[] = [
  auto,
  modsec3Json,
  modsec3Native,
  modsec2Json,
  modsec2Native,
  corazaJson,
  corazaNative,
  corazaOcsf,
  accessJson,
  accessCombined,
  nginxError,
  apacheError,
  soarWebhook,
]

/** The format with that id, or undefined. */
export const formatById = (id: string): Format | undefined => FORMATS.find((format) => format.id === id)

/** The format of a log whose first bytes are `sample`, torn anywhere; undefined when nothing in them fits one. */
export const detect = (sample: Uint8Array): Format | undefined => formatById(detectKind(sample) ?? '')
