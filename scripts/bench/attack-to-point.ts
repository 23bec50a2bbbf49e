/**
 * From an attack line in the log to each enforcement point: the real daemon, one attack at a time beside a crowd. Prints
 * milliseconds from the write of the line. `--nft` (root) also drops in the kernel, inside a network namespace.
 *   attack-to-point.ts [--attacks N] [--nft]
 */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { loadConfig } from '../../src/app/config/load.ts'
import { startDaemon } from '../../src/app/daemon.ts'
import type { Enforcing } from '../../src/app/enforcement.ts'
import { createLogger } from '../../src/observe/logger.ts'
import { enterNamespace } from '../../test/real/network-namespace.ts'
import { auditLine } from './audit-line.ts'

const { values } = parseArgs({
  options: { attacks: { type: 'string', default: '1000' }, nft: { type: 'boolean', default: false } },
})

const main = async (): Promise<void> => {
  const attacks = Number(values.attacks)
  const dir = mkdtempSync(join(tmpdir(), 'riposte-bench-enforce-'))
  const log = join(dir, 'audit.log')
  writeFileSync(log, '')
  const nft = values.nft ? `  - nftables: { spawn: true, socket: ${join(dir, 'nft.sock')} }\n` : ''
  const yaml = `state: ${join(dir, 'riposte.db')}
sensors: [{ id: bench, sources: [{ file: ${log} }] }]
decide: { budget: { perMinute: 1000000, shareOfClients: 1 } }
enforce:
  - rbl: { listen: ['127.0.0.1:0'], zones: { ban: bl.example.net } }
${nft}`
  let enforcing: Enforcing | undefined
  const daemon = await startDaemon({
    config: loadConfig(yaml, join(dir, 'riposte.yaml'), {}),
    log: createLogger('silent'),
    onEnforcing: (ready) => {
      enforcing = ready
    },
  })
  while (!enforcing) await sleep(10)

  const millis = new Map<string, number[]>()
  const seen = new Set<string>()
  let written = 0
  let current = ''
  let done: () => void = () => {}
  const wanted = values.nft ? 5 : 3
  const note = (what: string): void => {
    if (seen.has(what)) return
    seen.add(what)
    millis.set(what, [...(millis.get(what) ?? []), performance.now() - written])
    if (seen.size === wanted) done()
  }
  enforcing.roster.onChange((change) => {
    if (change.added.some((entry) => entry.value === current)) note('bouncers, gate: answered from now on')
  })
  enforcing.proofs.onStep((proof) => {
    if (proof.act !== 'block' || enforcing!.roster.get(current)?.id !== proof.decision) return
    if (proof.verifiedAt !== undefined) note(`${proof.point}: verified`)
    else if (proof.appliedAt !== undefined) note(`${proof.point}: applied`)
  })

  for (let i = 0; i < 10 * attacks; i++) appendFileSync(log, auditLine(`203.0.${(i >> 8) & 255}.${i & 255}`, []))
  await sleep(1500)
  for (let i = 0; i < attacks; i++) {
    current = `198.51.${100 + (i >> 8)}.${i & 255}`
    seen.clear()
    const all = new Promise<void>((resolve) => {
      done = resolve
    })
    written = performance.now()
    appendFileSync(log, auditLine(current, [944150]))
    if ((await Promise.race([all, sleep(10_000, 'late')])) === 'late')
      throw new Error(`${current} is not enforced after 10 s`)
    await sleep(5 + (i % 7) * 5)
  }
  daemon.stop()
  await daemon.done
  rmSync(dir, { recursive: true, force: true })

  console.log(
    `${attacks} attacks; ${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}\n`,
  )
  console.log('| attack line written → | p50 ms | p99 ms | worst ms |\n| --- | ---: | ---: | ---: |')
  for (const [what, list] of millis) {
    const sorted = [...list].sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(0)
    console.log(`| ${what} | ${at(0.5)} | ${at(0.99)} | ${sorted.at(-1)!.toFixed(0)} |`)
  }
}

const code = values.nft ? enterNamespace() : undefined
if (code !== undefined) process.exit(code)
await main()
