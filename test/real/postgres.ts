/**
 * A real PostgreSQL server for one test file: fresh data directory, free loopback port, no Unix socket, fsync on.
 * Runs as an unprivileged user (PostgreSQL refuses root) and dies with the process that started it, however that dies.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { ensurePackages } from './packages.ts'

export interface RealPostgres {
  /** Of a superuser, on the database `postgres`. */
  readonly url: string
  /** Creates an empty UTF-8 database; returns its URL. */
  database(): Promise<string>
  /** Stops the server as a crash would (no shutdown checkpoint, sessions cut) and leaves it down. */
  crash(): Promise<void>
  /** Starts it again on the same port and data. */
  start(): Promise<void>
  restart(): Promise<void>
  /** Ends the server and removes its data. */
  stop(): Promise<void>
}

const BASE = '/usr/lib/postgresql'

const findBinaries = (): string | undefined => {
  const versions = existsSync(BASE) ? readdirSync(BASE).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((v) => join(BASE, v, 'bin')), ...(process.env['PATH'] ?? '').split(':')]
  return folders.find((f) => existsSync(join(f, 'initdb')) && existsSync(join(f, 'postgres')))
}

const unprivileged = (): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string, user: string) => Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout.trim())
  for (const user of ['postgres', 'nobody']) {
    const uid = id('-u', user)
    if (uid > 0) return { uid, gid: id('-g', user) }
  }
  return undefined
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

const exited = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()))

/** A started server, or undefined when PostgreSQL is not on this machine and cannot be installed. */
export const startPostgres = async (): Promise<RealPostgres | undefined> => {
  if (!findBinaries()) await ensurePackages(['postgresql'])
  const bin = findBinaries()
  if (!bin) return undefined

  const who = unprivileged()
  const home = mkdtempSync(join(tmpdir(), 'riposte-postgres-'))
  const password = randomBytes(12).toString('hex')
  writeFileSync(join(home, 'password'), password, { mode: 0o600 })
  if (who) for (const path of [home, join(home, 'password')]) chownSync(path, who.uid, who.gid)
  const identity = who ? { uid: who.uid, gid: who.gid } : {}
  const data = join(home, 'data')
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'riposte', '-E', 'UTF8', '--locale=C', '-A', 'scram-sha-256', '--no-sync'].concat([
      `--pwfile=${join(home, 'password')}`,
    ]),
    { ...identity, cwd: home, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)

  const port = await freePort()
  const urlOf = (database: string) => `postgres://riposte:${password}@127.0.0.1:${port}/${database}`
  let server: ChildProcess | undefined
  let log = ''

  const ready = async (child: ChildProcess): Promise<void> => {
    for (let attempt = 0; attempt < 900; attempt++) {
      if (child.exitCode !== null) throw new Error(`postgres ended at once: ${log}`)
      const sql = postgres(urlOf('postgres'), { max: 1, connect_timeout: 2, onnotice: () => {} })
      try {
        await sql`SELECT 1`
        return
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50))
      } finally {
        await sql.end({ timeout: 1 })
      }
    }
    throw new Error(`postgres did not become ready: ${log}`)
  }

  const start = async (): Promise<void> => {
    const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'fsync=on']
    // After a crash every file is synced first: file by file that took 20 s with twenty databases.
    settings.push('recovery_init_sync_method=syncfs')
    const args = ['-D', data, ...settings.flatMap((s) => ['-c', s])]
    // setpriv keeps the death signal over the change of user, which spawn's own uid option could not set at all.
    const drop = who ? [`--reuid=${who.uid}`, `--regid=${who.gid}`, '--clear-groups'] : []
    server = spawn('setpriv', [...drop, '--pdeathsig', 'INT', join(bin, 'postgres'), ...args], {
      cwd: home,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    server.stderr!.on('data', (chunk: Buffer) => {
      log = (log + chunk).slice(-4000)
    })
    await ready(server)
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!server) return
    server.kill(signal)
    await exited(server)
    server = undefined
  }

  await start()
  let databases = 0
  return {
    url: urlOf('postgres'),
    async database() {
      const name = `riposte_${++databases}`
      const sql = postgres(urlOf('postgres'), { max: 1, onnotice: () => {} })
      await sql.unsafe(`CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`)
      await sql.end()
      return urlOf(name)
    },
    crash: () => end('SIGQUIT'),
    start,
    async restart() {
      await end('SIGQUIT')
      await start()
    },
    async stop() {
      await end('SIGINT')
      rmSync(home, { recursive: true, force: true })
    },
  }
}
