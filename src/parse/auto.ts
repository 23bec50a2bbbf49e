/**
 * `auto`: every record is read by what it is itself. No state is carried from record to record, so a log that changes
 * its format in the middle, and a restart in the middle of a log, need no second detection.
 *
 * The price: in a file whose beginning was cut off inside of a native record, a line of its body that looks like a
 * record of another format would be believed. Who has native logs names their format.
 */
import type { RawRecord } from '../core/event.ts'
import type { Format, ParseContext, Parsed } from '../kit/parse.ts'
import { accessCombined } from './access-combined.ts'
import { accessJson, readAccess } from './access-json.ts'
import { apacheError } from './apache-error.ts'
import { readCoraza } from './coraza-json.ts'
import { corazaNative } from './coraza-native.ts'
import { readOcsf } from './coraza-ocsf.ts'
import { shortenJson } from './json-shorten.ts'
import { readModsec2 } from './modsec2-json.ts'
import { modsec2Native } from './modsec2-native.ts'
import { readModsec3 } from './modsec3-json.ts'
import { modsec3Native } from './modsec3-native.ts'
import { nativeFramer } from './native-framer.ts'
import { nginxError } from './nginx-error.ts'
import { asObject, readJson } from './record-shape.ts'
import { jsonKind, type Kind, textKind } from './sniff.ts'
import { readSoarPayload } from './soar-webhook.ts'
import { tooLong, unread } from './unread.ts'

const TEXT_FORMATS: Readonly<Partial<Record<Kind, Format>>> = {
  'modsec3-native': modsec3Native,
  'modsec2-native': modsec2Native,
  'coraza-native': corazaNative,
  'access-combined': accessCombined,
  'nginx-error': nginxError,
  'apache-error': apacheError,
}

const parseJson = (record: RawRecord, context: ParseContext): Parsed => {
  const read = readJson(record)
  // Only nginx writes JSON that is none; its own parser knows how to mend it.
  if ('unread' in read) return read.unread.code === 'JSON_INVALID' ? accessJson.parse(record, context) : read
  const { root, text } = read
  switch (jsonKind(root)) {
    case 'modsec3-json':
      return readModsec3(root, text, record, context)
    case 'modsec2-json':
      return readModsec2(root, text, record, context)
    case 'coraza-json':
      return readCoraza(root, text, record, context)
    case 'coraza-ocsf':
      return readOcsf(root, text)
    case 'access-json':
      return readAccess(root)
    case 'soar-webhook':
      return readSoarPayload(root)
    default:
      return asObject(root['transaction'])
        ? unread('JSON_SHAPE', 'a transaction of no known engine')
        : unread('FORMAT_UNKNOWN', 'JSON of no known log format')
  }
}

const UNKNOWN = unread('FORMAT_UNKNOWN', 'the record fits none of the known log formats')
const INDEX = unread(
  'INDEX_SHAPE',
  'an index line of a concurrent audit log: read it with the source "concurrent", which finds the records',
)

export const auto: Format = {
  id: 'auto',
  summary: 'any of the known formats, found record by record',
  // Access and error-log lines are among them.
  frame: (options) => nativeFramer(options, shortenJson),
  parse(record, context) {
    const kind = textKind(record.bytes)
    if (kind === 'json') return parseJson(record, context)
    if (kind === 'modsec-index') return INDEX
    const format = kind && TEXT_FORMATS[kind]
    if (format) return format.parse(record, context)
    return record.cut ? tooLong(record) : UNKNOWN
  },
}
