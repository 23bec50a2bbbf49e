/**
 * `riposte demo`: the real daemon on a throw-away state, beside a WAF that is not there: the shipped recording is
 * written, line by line, into a log that the daemon follows. Nothing is shortened but the time between the requests.
 */

import { once } from 'node:events'
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'
import type { Decision } from '../core/decision.ts'
import { createLogger } from '../observe/logger.ts'
import { loadConfig } from './config/load.ts'
import { packageRoot } from './content.ts'
import { startDaemon } from './daemon.ts'
import type { Progress } from './replay.ts'
import { type ReplaySummary, Tallying } from './summary.ts'

export interface DemoOptions {
  /** End after the recording instead of staying. */
  readonly once: boolean
  /** Called for each decision as it is made, so that a person sees them arise. */
  readonly onDecision: (decision: Decision) => void
}

export const RECORDING = join(packageRoot, 'corpus', 'demo', 'modsec3-json.log.gz')
/** Wall seconds that the whole recording takes. */
const SECONDS = 8
/** The load balancer that stood before some of the recorded clients. */
const PROXIES = ['192.0.2.10']

export const runDemo = async (
  options: DemoOptions,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<ReplaySummary> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-demo-'))
  const log = join(dir, 'modsec_audit.log')
  const config = loadConfig(demoConfig(dir, log), join(dir, 'riposte.yaml'), {})
  const tallying = new Tallying()
  const started = performance.now()
  try {
    const lines = await readRecording()
    const total = lines.reduce((sum, line) => sum + line.length, 0)
    let bytes = 0
    const daemon = await startDaemon({
      config,
      log: createLogger('silent'),
      observer: tallying,
      onOutcome: (outcome) => tallying.outcome(outcome),
      onCommit(commit) {
        tallying.committed(commit)
        for (const decision of commit.decisions) options.onDecision(decision)
        for (const tally of commit.tallies) bytes += tally.bytes
        onProgress({ bytes, total, records: tallying.records, decisions: tallying.decisionCount })
      },
    })
    const ended = daemon.done.catch((error: unknown) => error)
    signal.addEventListener('abort', () => daemon.stop(), { once: true })
    await writeSlowly(lines, log, signal)
    while (!signal.aborted && bytes < total) await pause(20)
    tallying.read(bytes)
    const summary = tallying.summary((performance.now() - started) / 1000)
    if (options.once || signal.aborted) daemon.stop()
    const failure = await ended
    if (failure !== undefined) throw failure
    return summary
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const pause = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))

/** The recording's proxy is known to us because we made the recording. */
const demoConfig = (dir: string, log: string): string => `
state: ${JSON.stringify(join(dir, 'riposte.db'))}
sensors:
  - id: demo
    sources: [{ file: ${JSON.stringify(log)} }]
    trustedProxies: [${PROXIES.join(', ')}]
# They act by the clock, and the recording is of another day.
playbooks: { enabled: false }
`

const readRecording = async (): Promise<readonly Buffer[]> => {
  const whole = Buffer.concat(await createReadStream(RECORDING).pipe(createGunzip()).toArray())
  const lines: Buffer[] = []
  for (let from = 0; from < whole.length; ) {
    const newline = whole.indexOf(10, from)
    const to = newline < 0 ? whole.length : newline + 1
    lines.push(whole.subarray(from, to))
    from = to
  }
  return lines
}

/** As a WAF does: appending, a few lines at a time. */
const writeSlowly = async (lines: readonly Buffer[], file: string, signal: AbortSignal): Promise<void> => {
  const out = createWriteStream(file, { flags: 'a' })
  const started = performance.now()
  for (let written = 0; written < lines.length && !signal.aborted; ) {
    const due = Math.min(lines.length, Math.ceil(((performance.now() - started) / (SECONDS * 1000)) * lines.length))
    while (written < due) out.write(lines[written++])
    await pause(20)
  }
  out.end()
  await once(out, 'finish')
}
