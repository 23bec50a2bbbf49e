/**
 * A long log out of a short recording: its records again and again, each round later in time and with transaction ids
 * of its own, so that every record is a new transaction and log time goes on.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (n: number) => String(n).padStart(2, '0')
/** `Sun Nov 22 04:31:09 2026`, as ctime writes it. */
const ctime = (t: number): string => {
  const d = new Date(t)
  return `${DAYS[d.getUTCDay()]} ${MONTHS[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2, ' ')} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} ${d.getUTCFullYear()}`
}

/** Seconds by which one round is later than the one before: longer than any of our recordings. */
const ROUND = 300

/** Writes at least `records` records (0: no such limit) or `bytes` bytes to `to`; returns what it wrote. */
export const writeLongLog = (
  recording: string,
  to: string,
  want: { readonly records?: number; readonly bytes?: number },
): { records: number; bytes: number } => {
  const raw = readFileSync(recording)
  const lines = (recording.endsWith('.gz') ? gunzipSync(raw) : raw).toString('latin1').split('\n').filter(Boolean)
  const out = openSync(to, 'w')
  let records = 0
  let bytes = 0
  for (let round = 0; ; round++) {
    const later = lines.map((line) =>
      line
        .replace(
          /"time_stamp":"([^"]{24})"/,
          (_, text: string) => `"time_stamp":"${ctime(Date.parse(`${text} UTC`) + round * ROUND * 1000)}"`,
        )
        .replace(
          /"unique_id":"(\d{10})(\d*\.\d+)"/,
          (_, epoch: string, rest: string) => `"unique_id":"${Number(epoch) + round * ROUND}${rest}"`,
        )
        .replace(
          /"unique_id":"([0-9a-f]{32})"/,
          (_, id: string) => `"unique_id":"${round.toString(16).padStart(8, '0')}${id.slice(8)}"`,
        ),
    )
    const chunk = Buffer.from(`${later.join('\n')}\n`, 'latin1')
    for (let at = 0; at < chunk.length; ) at += writeSync(out, chunk, at)
    records += lines.length
    bytes += chunk.length
    if (records >= (want.records ?? 0) && bytes >= (want.bytes ?? 0)) break
  }
  closeSync(out)
  return { records, bytes }
}
