/** A state that holds many decisions, and the built daemon over it: what is shipped, started as it is shipped. */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../test/real/loopback.ts'
import { type ServerProcess, startServerProcess } from '../../test/real/server-process.ts'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const ZONE = 'bl.example.net'

/** The same addresses in every run, none twice, none of them special: an odd factor permutes what lies in 32.0.0.0/6. */
export const addressOf = (n: number): string => {
  const at = Math.imul(n, 0x9e3779b1) & 0x03ffffff
  return `${32 + (at >>> 24)}.${(at >>> 16) & 255}.${(at >>> 8) & 255}.${at & 255}`
}

export interface Held {
  readonly dir: string
  readonly entries: number
  readonly zone: string
  readonly dnsPort: number
  readonly url: string
  /** Of a bouncer. */
  readonly key: string
  readonly importSeconds: number
  /** A command line of the built program, over this state. */
  cli(...args: readonly string[]): string
  /** Writes the configuration, from the next start on. `more`: what stands under `enforce`, and under `rbl`. */
  configure(more: { readonly points?: string; readonly rbl?: string }): void
  start(ready: () => Promise<boolean>): Promise<ServerProcess>
  remove(): void
}

export const holdDecisions = async (entries: number): Promise<Held> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-held-'))
  const [dnsPort, httpPort] = [await freePort(), await freePort()]
  const config = join(dir, 'riposte.yaml')
  const cli = (...args: readonly string[]): string =>
    execFileSync(process.execPath, [MAIN, ...args, '--config', config], { encoding: 'utf8', maxBuffer: 2 ** 30 })
  const configure: Held['configure'] = ({ points = '', rbl = '' }) =>
    writeFileSync(
      config,
      `state: ${join(dir, 'riposte.db')}
sensors: [{ id: bench, sources: [{ file: ${join(dir, 'audit.log')} }] }]
http: { listen: ['127.0.0.1:${httpPort}'] }
enforce:
  - rbl: { listen: ['127.0.0.1:${dnsPort}'], zones: { ban: ${ZONE} }${rbl} }
${points}`,
    )
  writeFileSync(join(dir, 'audit.log'), '')
  configure({})
  const list = join(dir, 'list.txt')
  const file = openSync(list, 'w')
  for (let n = 0; n < entries; n++) writeSync(file, `${addressOf(n)}\n`)
  closeSync(file)
  const begun = performance.now()
  cli('import', 'csv', list, '--duration', '30d')
  const importSeconds = (performance.now() - begun) / 1000
  const { key } = JSON.parse(cli('bouncers', 'add', 'bench', '--json')) as { key: string }
  return {
    ...{ dir, entries, dnsPort, key, importSeconds, cli, configure },
    zone: ZONE,
    url: `http://127.0.0.1:${httpPort}`,
    start: (ready) => startServerProcess(process.execPath, [MAIN, 'serve', '--config', config], ready),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** Megabytes that the process has in memory, and had at most. */
export const memoryOf = (pid: number): { readonly rss: number; readonly peak: number } => {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const of = (name: string) =>
    Math.round((Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1024) / 1e6)
  return { rss: of('VmRSS'), peak: of('VmHWM') }
}

/** Seconds of the processor that the process has used. */
export const cpuOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return (user! + system!) / 100
}
