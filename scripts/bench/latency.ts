/** From an attack line in the log to its durable ban: the real daemon, one attack at a time. Prints milliseconds. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/app/config/load.ts'
import { startDaemon } from '../../src/app/daemon.ts'
import { createLogger } from '../../src/observe/logger.ts'
import { auditLine } from './audit-line.ts'

const attacks = Number(process.argv[2] ?? 200)
const dir = mkdtempSync(join(tmpdir(), 'riposte-latency-'))
const log = join(dir, 'audit.log')
writeFileSync(log, '')
const yaml = `state: ${join(dir, 'riposte.db')}\nsensors:\n  - id: bench\n    sources: [{ file: ${log} }]\ndecide: { budget: { perMinute: 1000000, shareOfClients: 1 } }\n`
const banned = new Map<string, () => void>()
const daemon = await startDaemon({
  config: loadConfig(yaml, join(dir, 'riposte.yaml'), {}),
  log: createLogger('silent'),
  onCommit(commit) {
    for (const decision of commit.decisions) if (decision.type === 'ban') banned.get(decision.value)?.()
  },
})
// A crowd beside them: where every client is an attacker, the ban budget rightly thinks that something else is wrong.
for (let i = 0; i < 10 * attacks; i++) appendFileSync(log, auditLine(`203.0.${i >> 8}.${i & 255}`, []))
const millis: number[] = []
for (let i = 0; i < attacks; i++) {
  const ip = `198.51.${100 + (i >> 8)}.${i & 255}`
  const done = new Promise<void>((resolve) => banned.set(ip, resolve))
  const started = performance.now()
  appendFileSync(log, auditLine(ip, [944150]))
  const late = setTimeout(() => {
    console.error(`no ban of ${ip} within 10 s`)
    process.exit(1)
  }, 10_000)
  await done
  clearTimeout(late)
  millis.push(performance.now() - started)
  await new Promise((resolve) => setTimeout(resolve, 20 + (i % 7) * 9))
}
daemon.stop()
await daemon.done
rmSync(dir, { recursive: true, force: true })
millis.sort((a, b) => a - b)
const at = (share: number) => millis[Math.min(millis.length - 1, Math.floor(millis.length * share))]!
console.log(JSON.stringify({ attacks, p50: at(0.5), p99: at(0.99), worst: millis.at(-1) }))
