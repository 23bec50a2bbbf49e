/**
 * A WAF that rotates, as a process of its own: appends the records of a recording to a log, and every so often renames
 * it to `.1` and opens a new one, as logrotate and a WAF that reopens do.
 *   node rotating-writer.ts RECORDING.gz LOG RECORDS_PER_SECOND ROTATE_EVERY COUNT
 */
import { closeSync, existsSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

const [recording, log, rate, rotateEvery, count] = process.argv.slice(2) as [string, string, string, string, string]
const lines = gunzipSync(readFileSync(recording)).toString('latin1').split('\n').filter(Boolean).slice(0, Number(count))
const KEEP = 40

const rotate = () => {
  for (let n = KEEP; n >= 1; n--) {
    const from = n === 1 ? log : `${log}.${n - 1}`
    if (existsSync(from)) renameSync(from, `${log}.${n}`)
  }
}

let fd = openSync(log, 'a')
const started = Date.now()
for (let written = 0; written < lines.length; ) {
  const due = Math.min(lines.length, Math.ceil(((Date.now() - started) / 1000) * Number(rate)))
  while (written < due) {
    const line = Buffer.from(`${lines[written++]}\n`, 'latin1')
    // In pieces, as ModSecurity writes: a reader sees half a line now and then.
    for (let at = 0; at < line.length; at += 8192) writeSync(fd, line.subarray(at, at + 8192))
    if (written % Number(rotateEvery) === 0) {
      closeSync(fd)
      rotate()
      fd = openSync(log, 'a')
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 10))
}
closeSync(fd)
