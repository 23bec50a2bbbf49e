/**
 * The one function left of the commit: record in, consequences into the batch.
 *
 * Enters: a framed record and the lane it came by (sensor, source, format). Leaves: an event or a counted rejection,
 * and what followed from it. Promised: synchronous, no clock, no I/O; the same records in the same order give the same
 * ids whatever the batch boundaries, so a crash that re-reads uncommitted bytes arrives at the same ledger.
 */
import type { Command } from '../core/act.ts'
import type { Incident } from '../core/alert.ts'
import type { Event, RawRecord, Rejection } from '../core/event.ts'
import { eventId } from '../core/id.ts'
import { quoted, type Trace } from '../core/reason.ts'
import type { Millis } from '../core/time.ts'
import type { Format, ParseContext } from '../kit/parse.ts'
import type { Batch } from './batch.ts'
import { Listener, type Observer } from './observer.ts'
import type { Classify, Rooms } from './rooms.ts'

/** How the records of one source are to be read. */
export interface Lane {
  readonly sensor: string
  readonly source: string
  readonly format: Format
  readonly parsing: ParseContext
  readonly classify: Classify
  /** Bytes of one record that are kept; the rest is streamed past and counted. */
  readonly lineLimit: number
}

export type Outcome =
  | { readonly event: Event; readonly untrustedHeaders: number }
  | { readonly rejection: Rejection }
  | { readonly ignored: string }

/** Worth a row: it says something, or an alert cites it. Clean traffic is counted and remembered by the rooms, not stored. */
const worthKeeping = (event: Event): boolean => event.matches.length > 0 || event.response.status >= 400

/** Parse and classify: what one record is, before anybody draws conclusions from it. */
export const interpret = (record: RawRecord, lane: Lane, trace: Trace): Outcome => {
  const parsed = lane.format.parse(record, lane.parsing)
  if ('skip' in parsed) return { ignored: parsed.skip }
  if ('unread' in parsed) {
    if (trace.on) trace.why({ stage: 'parse', code: parsed.unread.code, text: parsed.unread.text })
    return { rejection: { ...parsed.unread, raw: record.ref } }
  }
  const { transaction } = parsed
  // Lines of an access log can repeat byte for byte and yet be two requests: their place tells them apart.
  const key = transaction.engine === 'access' ? `${lane.sensor}\0${record.ref.offset}\0` : `${lane.sensor}\0`
  const at = { id: eventId(key, record.bytes), sensor: lane.sensor, raw: record.ref }
  if (!trace.on) return lane.classify(transaction, at, trace)
  // What was parsed is told from the event: the transaction still holds what redaction removes.
  const listener = new Listener()
  const classified = lane.classify(transaction, at, listener)
  trace.why({ stage: 'parse', code: lane.format.id, text: heard(classified.event) })
  for (const reason of listener.reasons) trace.why(reason)
  return classified
}

const heard = ({ request, peerIp }: Event): string => `${quoted(request.method)} ${quoted(request.uri)} from ${peerIp}`

/** Correlate and decide: what follows from it, into the batch. */
export const absorb = (
  outcome: Outcome,
  lane: Lane,
  rooms: Rooms,
  batch: Batch,
  trace: Trace,
  observer?: Observer,
): void => {
  if ('ignored' in outcome) {
    batch.ignored(lane)
    return
  }
  if ('rejection' in outcome) {
    batch.rejected(lane, outcome.rejection)
    return
  }
  const { event, untrustedHeaders } = outcome
  batch.event(lane, event.time, untrustedHeaders)

  const canary = rooms.canary?.hear(event)
  if (canary) {
    if (canary.decisions.length > 0) batch.keep(event)
    batch.judged({ ...canary, acts: [], findings: [] })
    return
  }
  const restrained = rooms.decider.isRestrained(event.clientIp, event.time)
  const alerts = rooms.correlator.pour(event, { restrained }, trace)
  if (alerts.length > 0 || worthKeeping(event)) batch.keep(event)
  for (const alert of alerts) {
    batch.alert(alert, rooms.incidents.add(alert))
    const listener = observer ? new Listener(trace) : undefined
    const judged = rooms.decider.judge(alert, listener ?? trace)
    batch.judged(judged)
    observer?.judged(alert, judged, listener?.reasons ?? [])
  }
}

export const take = (
  record: RawRecord,
  lane: Lane,
  rooms: Rooms,
  batch: Batch,
  trace: Trace,
  observer?: Observer,
): Outcome => {
  const outcome = interpret(record, lane, trace)
  absorb(outcome, lane, rooms, batch, trace, observer)
  return outcome
}

export interface Errand {
  readonly number: number
  readonly command: Command
  readonly by: string
  readonly at: Millis
  /** Where it is about an incident: that one as stored. The rooms forget a campaign some hours after its last alert, people do not. */
  readonly stored?: Incident | undefined
}

/** A person's command, applied between two records. */
export const carryOut = ({ number, command, by, at, stored }: Errand, rooms: Rooms, batch: Batch): void => {
  if (command.kind === 'incident.close') {
    const { id, reason } = command
    const incident =
      rooms.incidents.close(id, at) ?? (stored?.state === 'open' ? { ...stored, state: 'closed' as const } : undefined)
    if (incident) batch.incident(incident, { at, actor: by, verb: 'incident.close', subject: id, detail: { reason } })
    batch.answer(number, incident !== undefined, incident ? `incident ${id} closed` : `no open incident ${id}`)
    return
  }
  if (command.kind === 'incident.note') {
    const { id, text } = command
    if (stored) batch.act({ at, actor: by, verb: 'incident.note', subject: id, detail: { text } })
    batch.answer(number, stored !== undefined, stored ? `noted on incident ${id}` : `no incident ${id}`)
    return
  }
  const outcome = rooms.decider.command(command, by, at)
  if (outcome.forget) rooms.correlator.forget(outcome.forget, at)
  batch.judged(outcome)
  batch.allowlisted(outcome.allowlist)
  batch.answer(number, outcome.ok, outcome.text)
}
