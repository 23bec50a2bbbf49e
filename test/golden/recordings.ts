/** What each shipped recording comes to, in a form that a person can read the difference of. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultConfig } from '../../src/app/config/load.ts'
import { packageRoot } from '../../src/app/content.ts'
import { readIndexEntry } from '../../src/app/feeds.ts'
import { buildHouse } from '../../src/app/house.ts'
import { replaySensor } from '../../src/app/replay.ts'
import type { Event } from '../../src/core/event.ts'
import { parseCidr } from '../../src/core/ip.ts'
import { iso } from '../../src/core/time.ts'
import type { Source } from '../../src/kit/source.ts'
import type { Commit } from '../../src/kit/store.ts'
import type { Outcome } from '../../src/pipeline/engine.ts'
import { replay } from '../../src/pipeline/replay.ts'
import { createConcurrentSource } from '../../src/sources/concurrent/index.ts'
import { createFileSource } from '../../src/sources/file/index.ts'

export const RECORDINGS = [
  'demo/modsec3-json.log.gz',
  'modsec3-detection.log.gz',
  'modsec3-native.log.gz',
  'modsec3-concurrent.tar.gz',
  'modsec2-json.log.gz',
  'modsec2-native.log.gz',
  'modsec2-concurrent.tar.gz',
  'nginx-access.json.log.gz',
  'apache-access.log.gz',
  'nginx-error.log.gz',
  'apache-error.log.gz',
] as const

/** The proxy that stood before some of the recorded clients. */
const PROXY = parseCidr('192.0.2.10')!

export const goldenName = (recording: string): string =>
  `${recording.replaceAll('/', '-').replace(/\.(?:log|tar)\.gz$/, '')}.golden.json`

/** Every record in one line: enough to see what changed, nothing that depends on the machine. */
const eventLine = (event: Event): string =>
  [
    event.id,
    iso(event.time),
    event.clientIp,
    `${event.request.method} ${event.request.path}`.slice(0, 60),
    event.response.status,
    event.disposition,
    event.threatScore,
    event.matches.map((m) => m.ruleId).join('+'),
  ].join(' ')

export const goldenOf = async (recording: string): Promise<string> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-golden-'))
  try {
    const config = defaultConfig()
    const sensor = replaySensor(config, [PROXY])
    const house = buildHouse(config, { sensors: [sensor], sessionKey: 'golden' })
    const source = openRecording(recording, dir)
    const lines: string[] = []
    const counts = { events: 0, ignored: 0, rejected: {} as Record<string, number> }
    const commits: Commit[] = []
    await replay(
      [{ source, lane: house.lane(sensor, 'golden', 'auto') }],
      {
        rooms: house.rooms,
        ledger: { commit: async (commit) => void commits.push(commit) },
        clock: () => 0,
        batchRecords: 1000,
        onOutcome: (outcome: Outcome) => {
          if ('ignored' in outcome) counts.ignored++
          else if ('rejection' in outcome)
            counts.rejected[outcome.rejection.code] = (counts.rejected[outcome.rejection.code] ?? 0) + 1
          else {
            counts.events++
            if (outcome.event.matches.length > 0 && lines.length < 250) lines.push(eventLine(outcome.event))
          }
        },
      },
      new AbortController().signal,
    )
    const decisions = new Map(commits.flatMap((c) => c.decisions).map((d) => [d.id, d]))
    return `${JSON.stringify(
      {
        ...counts,
        alerts: commits.reduce((sum, c) => sum + c.alerts.length, 0),
        incidents: new Set(commits.flatMap((c) => c.incidents.map((i) => i.id))).size,
        decisions: [...decisions.values()]
          .filter((d) => d.type !== 'watch')
          .map((d) => `${iso(d.startsAt)} ${d.type} ${d.scope} ${d.value} until ${iso(d.until)} (${d.scenario})`),
        firstMatches: lines,
      },
      null,
      1,
    )}\n`
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const openRecording = (recording: string, dir: string): Source => {
  const file = join(packageRoot, 'corpus', recording)
  if (!recording.endsWith('.tar.gz')) return createFileSource({ paths: [file], follow: false })
  const unpacked = spawnSync('tar', ['xzf', file, '-C', dir])
  if (unpacked.status !== 0) throw new Error(`cannot unpack ${file}: ${unpacked.stderr}`)
  return createConcurrentSource({
    index: join(dir, 'index.log'),
    storageDir: recording.startsWith('modsec2') ? join(dir, 'storage') : dir,
    readIndexLine: readIndexEntry,
    follow: false,
  })
}
