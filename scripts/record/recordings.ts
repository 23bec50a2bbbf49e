/** The recordings that the repository ships: which server, which log, how much traffic, under which name. */
import type { AuditFormat } from './read-log.ts'

export interface Recording {
  /** Path below the corpus folder, without extension. */
  readonly name: string
  readonly format: AuditFormat
  readonly server: 'nginx' | 'apache'
  readonly parts: string
  readonly mode?: 'On' | 'DetectionOnly'
  /** Seconds. */
  readonly duration: number
  readonly speed: number
  readonly perKind?: number
  readonly perClient?: number
  /** Names under which the error and access logs of the same traffic are shipped too. */
  readonly errorLog?: string
  readonly accessLog?: string
}

export const RECORDINGS: readonly Recording[] = [
  { name: 'demo/modsec3-json', format: 'modsec3-json', server: 'nginx', parts: 'ABCDEFHIJZ', duration: 150, speed: 1 },
  {
    name: 'modsec3-native',
    format: 'modsec3-native',
    server: 'nginx',
    parts: 'ABIJDEFHZ',
    duration: 20,
    speed: 6,
    perKind: 1,
    perClient: 8,
    errorLog: 'nginx-error',
    accessLog: 'nginx-access.json',
  },
  {
    name: 'modsec3-concurrent',
    format: 'modsec3-concurrent',
    server: 'nginx',
    parts: 'ABCDEFHIJZ',
    duration: 15,
    speed: 8,
    perKind: 1,
    perClient: 4,
  },
  {
    name: 'modsec3-detection',
    format: 'modsec3-json',
    server: 'nginx',
    parts: 'ABIJDEFHZ',
    mode: 'DetectionOnly',
    duration: 15,
    speed: 8,
    perKind: 1,
    perClient: 4,
  },
  {
    name: 'modsec2-json',
    format: 'modsec2-json',
    server: 'apache',
    parts: 'ABIJDEFHZ',
    duration: 20,
    speed: 6,
    perKind: 1,
    perClient: 6,
    errorLog: 'apache-error',
    accessLog: 'apache-access',
  },
  {
    name: 'modsec2-native',
    format: 'modsec2-native',
    server: 'apache',
    parts: 'ABCEFHZ',
    duration: 20,
    speed: 6,
    perKind: 1,
    perClient: 6,
  },
  {
    name: 'modsec2-concurrent',
    format: 'modsec2-concurrent',
    server: 'apache',
    parts: 'ABIJDEFHZ',
    duration: 15,
    speed: 8,
    perKind: 1,
    perClient: 3,
  },
]
