/**
 * CrowdSec's own local API in the foreground, from Debian's package unpacked into a folder: a private configuration, a
 * database of its own, no central API, no agent. Decisions are made with its own `cscli`.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accepts, freePort } from './loopback.ts'
import { startServerProcess } from './server-process.ts'

export interface Crowdsec {
  readonly url: string
  /** Runs `cscli` with this configuration and returns what it prints. */
  cscli(...args: string[]): string
  stop(): Promise<void>
}

const config = (dir: string, port: number): string => `
common: { daemonize: false, log_media: stdout, log_level: error, working_dir: ${dir} }
config_paths:
  config_dir: ${dir}
  data_dir: ${dir}
  hub_dir: ${dir}/hub
  index_path: ${dir}/hub/.index.json
  simulation_path: ${dir}/simulation.yaml
cscli: { output: json }
db_config: { type: sqlite, db_path: ${dir}/crowdsec.db, use_wal: true }
api:
  client: { credentials_path: ${dir}/credentials.yaml }
  server: { log_level: error, listen_uri: '127.0.0.1:${port}', profiles_path: ${dir}/profiles.yaml }
prometheus: { enabled: false }
`

/** `folder`: what `unpackedPackage('crowdsec')` gave. */
export const startCrowdsec = async (folder: string): Promise<Crowdsec> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-crowdsec-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const file = join(dir, 'config.yaml')
  writeFileSync(file, config(dir, port))
  for (const name of ['profiles.yaml', 'simulation.yaml'])
    copyFileSync(join(folder, 'etc/crowdsec', name), join(dir, name))
  mkdirSync(join(dir, 'hub'))
  writeFileSync(join(dir, 'hub/.index.json'), '{}')
  writeFileSync(join(dir, 'credentials.yaml'), '')
  const cscli = (...args: string[]): string =>
    execFileSync(join(folder, 'usr/bin/cscli'), ['-c', file, ...args], { encoding: 'utf8', stdio: 'pipe' })
  cscli('machines', 'add', 'tester', '--password', 'of-this-test-only', '-f', join(dir, 'credentials.yaml'), '-u', url)
  const server = await startServerProcess(join(folder, 'usr/bin/crowdsec'), ['-c', file, '-no-cs'], () =>
    accepts('127.0.0.1', port),
  )
  return {
    url,
    cscli,
    stop: async () => {
      await server.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
