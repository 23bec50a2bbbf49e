/** How a parser says why there is no transaction: in words of ours, never in bytes of the record. */
import type { RawRecord, RejectionCode } from '../core/event.ts'
import type { Unread } from '../kit/parse.ts'

export const unread = (code: RejectionCode, text: string): { readonly unread: Unread } => ({ unread: { code, text } })

export const notAnAddress = (where: string): { readonly unread: Unread } =>
  unread('ADDRESS_INVALID', `${where} is no IP address`)

export const notATime = (where: string): { readonly unread: Unread } =>
  unread('TIME_INVALID', `${where} is no time that the format knows`)

export const tooLong = (record: RawRecord): { readonly unread: Unread } =>
  unread('RECORD_TOO_LONG', `${record.cut} bytes beyond the record limit were streamed past`)
