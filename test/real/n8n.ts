/**
 * A real n8n, from npm, with its data in a PostgreSQL database. It is some 2.3 GB and takes minutes to install, so a test
 * with it runs only where `RIPOSTE_N8N` names a folder for it.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './loopback.ts'
import { startServerProcess } from './server-process.ts'

const VERSION = '2.8.4'

export interface N8n {
  readonly url: string
  stop(): Promise<void>
}

/** One of its dependencies is not in the npm registry under the version that it asks for. */
const PACKAGE = { private: true, dependencies: { n8n: VERSION }, overrides: { xlsx: '0.18.5' } }

const install = (folder: string): void => {
  if (existsSync(join(folder, 'node_modules', 'n8n', 'bin', 'n8n'))) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify(PACKAGE))
  const done = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (done.status !== 0) throw new Error(`n8n cannot be installed: ${done.stderr.slice(-1000)}`)
}

export interface N8nOptions {
  /** Where it is installed, or will be. */
  readonly folder: string
  /** A PostgreSQL database of its own. */
  readonly database: string
  /** An exported workflow that begins with a webhook for POST; it is made active. */
  readonly workflow: { readonly id: string }
  /** Of its webhook. */
  readonly path: string
}

export const startN8n = async ({ folder, database, workflow, path }: N8nOptions): Promise<N8n> => {
  install(folder)
  const home = mkdtempSync(join(tmpdir(), 'riposte-n8n-'))
  const port = await freePort()
  const { hostname, port: databasePort, pathname, username, password } = new URL(database)
  const env: Record<string, string> = {
    ...{ N8N_USER_FOLDER: home, N8N_PORT: String(port), N8N_LISTEN_ADDRESS: '127.0.0.1' },
    ...{ N8N_RUNNERS_BROKER_PORT: String(await freePort()), N8N_ENCRYPTION_KEY: 'a key for this test only' },
    // It would look for newer versions, templates and licences.
    ...{ N8N_DIAGNOSTICS_ENABLED: 'false', N8N_VERSION_NOTIFICATIONS_ENABLED: 'false' },
    ...{ N8N_TEMPLATES_ENABLED: 'false', N8N_LICENSE_AUTO_RENEW_ENABLED: 'false' },
    ...{ DB_TYPE: 'postgresdb', DB_POSTGRESDB_HOST: hostname, DB_POSTGRESDB_PORT: databasePort },
    ...{ DB_POSTGRESDB_DATABASE: pathname.slice(1), DB_POSTGRESDB_USER: decodeURIComponent(username) },
    ...{ DB_POSTGRESDB_PASSWORD: decodeURIComponent(password) },
  }
  const program = join(folder, 'node_modules', 'n8n', 'bin', 'n8n')
  const command = (...args: string[]): void => {
    const done = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env: { ...process.env, ...env } })
    if (done.status !== 0) throw new Error(`n8n ${args[0]}: ${`${done.stdout}${done.stderr}`.slice(-2000)}`)
  }
  const file = join(home, 'workflows.json')
  writeFileSync(file, JSON.stringify([workflow]))
  command('import:workflow', `--input=${file}`)
  command('publish:workflow', `--id=${workflow.id}`)
  const url = `http://127.0.0.1:${port}`
  const server = await startServerProcess(
    process.execPath,
    [program, 'start'],
    () =>
      // It listens before it has registered its webhooks; one that is there says for which method.
      fetch(`${url}/webhook/${path}`)
        .then((answer) => answer.text())
        .then(
          (text) => text.includes('POST request'),
          () => false,
        ),
    env,
  )
  return {
    url,
    async stop() {
      await server.stop()
      rmSync(home, { recursive: true, force: true })
    },
  }
}
