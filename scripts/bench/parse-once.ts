/** The baseline, in a process of its own: bare JSON.parse of every line, nothing else. Prints its seconds. */
import { createReadStream } from 'node:fs'

let seconds = 0
let records = 0
let pending: Buffer = Buffer.alloc(0)
for await (const chunk of createReadStream(process.argv[2]!, { highWaterMark: 1 << 18 })) {
  const started = performance.now()
  const data: Buffer = pending.length > 0 ? Buffer.concat([pending, chunk as Buffer]) : (chunk as Buffer)
  let from = 0
  for (let to = data.indexOf(10, from); to >= 0; to = data.indexOf(10, from)) {
    // latin1: some records are not valid UTF-8, and this is the cheapest way to a string that JSON.parse takes.
    JSON.parse(data.toString('latin1', from, to))
    records++
    from = to + 1
  }
  pending = data.subarray(from)
  seconds += (performance.now() - started) / 1000
}
console.log(JSON.stringify({ records, seconds, perSecond: records / seconds }))
