/**
 * The embedded list, built, in a process that does nothing else: its memory. Prints one line of JSON (RSS in MB).
 *   list-alone.mjs ENTRIES THREADS      (needs `npm run build`)
 *
 * Not TypeScript: what strips types would be in the memory that is measured.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { openList } from '../../dist/connectors/rbl/index.js'
import { settings } from '../../dist/connectors/rbl/settings.js'

const [count, threads] = process.argv.slice(2).map(Number)
const addressOf = (n) => {
  const at = Math.imul(n, 0x9e3779b1) & 0x03ffffff
  return `${32 + (at >>> 24)}.${(at >>> 16) & 255}.${(at >>> 8) & 255}.${at & 255}`
}
const list = await openList(
  settings.parse({ listen: ['127.0.0.1:0'], zones: { ban: 'bl.example.net' }, threads }),
  console.error,
)
const until = Date.now() + 86_400_000
const entries = {
  count,
  *[Symbol.iterator]() {
    for (let n = 0; n < count; n++)
      yield {
        id: `d-${n.toString(16).padStart(24, '0')}`,
        value: addressOf(n),
        type: 'ban',
        attackClass: 'sqli',
        until,
      }
  },
}
await list.sync({ kind: 'snapshot', entries, allow: [] })
await sleep(2000)
console.log(JSON.stringify({ entries: count, threads, rss: Math.round(process.memoryUsage.rss() / 1e6) }))
await list.close()
