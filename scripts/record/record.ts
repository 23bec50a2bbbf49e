/**
 * One recording from beginning to end: start the server, play the cast, stop the server, join log and truth.
 * Leaves the files of the corpus as they are to be shipped; writes nothing itself and leaves no process behind.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApache } from '../../test/real/apache.ts'
import { startNginx, type WafServer } from '../../test/real/nginx.ts'
import { HONEYPOT_RULES } from '../../test/real/waf-rules.ts'
import type { AddressBook } from './address-book.ts'
import { cast } from './cast.ts'
import { type Played, play } from './play.ts'
import { readAccessLog, readAudit, readErrorLog } from './read-log.ts'
import type { Recording } from './recordings.ts'
import { type Truth, truthOf } from './truth.ts'

/** A file of the corpus, before compression. */
export interface Recorded {
  readonly path: string
  readonly content: Buffer
}

export const record = async (
  recording: Recording,
  addresses: AddressBook,
  seed: number,
): Promise<readonly Recorded[]> => {
  const actors = cast({
    seed,
    addresses,
    ...(recording.perKind === undefined ? {} : { perKind: recording.perKind }),
    ...(recording.perClient === undefined ? {} : { perClient: recording.perClient }),
  })
  const server = await startServer(recording, addresses)
  try {
    const played = await play(actors, {
      servers: addresses.servers,
      port: server.port,
      duration: recording.duration * 1000,
      speed: recording.speed,
    })
    await server.stop({ keepFiles: true })
    return filesOf(recording, server, played)
  } finally {
    await server.stop()
  }
}

const startServer = (recording: Recording, addresses: AddressBook): Promise<WafServer> => {
  const common = {
    addresses: addresses.servers,
    rules: HONEYPOT_RULES,
    mode: recording.mode ?? ('On' as const),
    audit: {
      format:
        recording.format === 'modsec2-concurrent' || recording.format.endsWith('native')
          ? ('Native' as const)
          : ('JSON' as const),
      type: recording.format.endsWith('concurrent') ? ('Concurrent' as const) : ('Serial' as const),
      parts: recording.parts,
    },
  }
  return recording.server === 'nginx' ? startNginx({ ...common, workers: 2 }) : startApache(common)
}

const filesOf = (recording: Recording, server: WafServer, played: readonly Played[]): Recorded[] => {
  const audit = readFileSync(server.auditLog, 'latin1')
  const logged = readAudit(recording.format, audit, server.auditStorage)
  const truth = truthOf(played, logged)
  const files: Recorded[] = [{ path: `${recording.name}.truth.jsonl`, content: jsonLines(truth) }]
  files.push(
    recording.format.endsWith('concurrent')
      ? { path: `${recording.name}.tar`, content: archive(server, audit) }
      : { path: `${recording.name}.log`, content: readFileSync(server.auditLog) },
  )
  if (recording.errorLog !== undefined) {
    const found = readErrorLog(readFileSync(server.errorLog, 'latin1'))
    files.push(
      { path: `${recording.errorLog}.log`, content: readFileSync(server.errorLog) },
      {
        path: `${recording.errorLog}.truth.jsonl`,
        content: jsonLines(
          truth.map(({ audit_line: _, severities: __, ...t }) => ({
            ...t,
            rules: found.get(t.unique_id ?? '')?.rules ?? [],
            error_lines: found.get(t.unique_id ?? '')?.lines ?? [],
          })),
        ),
      },
    )
  }
  if (recording.accessLog !== undefined)
    files.push(
      { path: `${recording.accessLog}.log`, content: readFileSync(server.accessLog) },
      {
        path: `${recording.accessLog}.truth.jsonl`,
        content: jsonLines(withAccessLines(truth, readFileSync(server.accessLog, 'latin1'))),
      },
    )
  return files
}

/** An access log names no request, so lines are given out by client and request line in the order of sending. */
const withAccessLines = (truth: readonly Truth[], text: string): object[] => {
  const places = readAccessLog(text)
  return truth.map(({ audit_line: _, ...t }) => ({
    ...t,
    access_line: places.get(`${t.src_ip} ${t.method} ${t.uri} HTTP/1.1`)?.shift() ?? null,
  }))
}

/**
 * Index and entries as ModSecurity laid them out, in one archive: `index.log` and `storage/`. The index names absolute
 * paths of a directory that is gone after the recording; they become relative to the archive, the one thing changed.
 */
const archive = (server: WafServer, index: string): Buffer => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-archive-'))
  try {
    cpSync(server.auditStorage, join(dir, 'storage'), { recursive: true })
    writeFileSync(join(dir, 'index.log'), index.replaceAll(` ${server.auditStorage}/`, ' storage/'), 'latin1')
    return execFileSync(
      'tar',
      ['--sort=name', '--owner=0', '--group=0', '--mode=u+rw,go+r', '-C', dir, '-cf', '-', 'index.log', 'storage'],
      { maxBuffer: 1 << 28 },
    )
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const jsonLines = (rows: readonly object[]): Buffer =>
  Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
