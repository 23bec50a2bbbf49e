/**
 * One PostgreSQL session at a time, replaced when it is lost.
 *
 * postgres.js 3.4.9 throws outside of every promise, and so ends the process, when a query is sent on a pinned
 * connection whose socket has just closed (its issue 1208; `begin` does that itself with its ROLLBACK), and a
 * connection lost with bytes in its buffer never flushes again (1154). So transactions are spoken here, nothing is
 * sent on a session once it is known to be lost, and a lost session is thrown away with its driver instance.
 */
import postgres, { type ReservedSql } from 'postgres'
import { Failure } from '../core/failure.ts'
import { type Cell, inTurn, type Row } from './desk.ts'
import { postgresFailure } from './postgres-failure.ts'

export interface Session {
  /** One statement, prepared; `$1` marks parameters. */
  query(sql: string, params?: readonly Cell[]): Promise<readonly Row[]>
  /** Several statements without parameters. */
  script(sql: string): Promise<void>
}

/** Sessions of one lane come one after the other, and so does the work in it. */
export interface SessionLane {
  with<T>(work: (session: Session) => Promise<T>): Promise<T>
  /** In a transaction that `begin` starts; committed when the work resolves, rolled back when it rejects. */
  within<T>(begin: string, work: (session: Session) => Promise<T>): Promise<T>
  close(): Promise<void>
}

interface Living extends Session {
  readonly lost: () => boolean
  end(): Promise<void>
}

/** Beyond the server's own limit for one statement: only a connection that is dead without saying so takes longer. */
const PATIENCE = 70_000
const STATEMENT_TIMEOUT = 60_000

const connectionLost = (): Error => Object.assign(new Error('the connection is lost'), { code: 'CONNECTION_CLOSED' })

const openSession = async (url: string): Promise<Living> => {
  let lost = false
  let giveUp: () => void = () => {}
  /** Settles when the driver does, or with the connection's end: the driver forgets some queries then. */
  const awaited = <T>(work: PromiseLike<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      giveUp = () => {
        lost = true
        reject(connectionLost())
      }
      const timer = setTimeout(giveUp, PATIENCE).unref()
      work.then(resolve, reject).then(() => clearTimeout(timer))
    })
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    onnotice: () => {},
    onclose: () => giveUp(),
    connect_timeout: 5,
    // Neither idleness nor age ends a session: the daemon's lock would go with it.
    idle_timeout: 0,
    max_lifetime: null,
    backoff: () => 0.1,
    connection: { application_name: 'riposte', search_path: 'riposte', statement_timeout: STATEMENT_TIMEOUT },
    types: { int8: { to: 20, from: [20], serialize: (n: number) => String(n), parse: Number } },
  })
  let reserved: ReservedSql
  try {
    // Without fetch_types the driver never hands out a connection that `reserve` itself opened.
    await awaited(sql.unsafe('SELECT 1'))
    reserved = await awaited(sql.reserve())
  } catch (error) {
    await sql.end({ timeout: 0 })
    throw error
  }
  const living = (): ReservedSql => {
    if (lost) throw connectionLost()
    return reserved
  }
  return {
    lost: () => lost,
    query: async (text, params = []) =>
      (await awaited(living().unsafe(text, [...params] as never[], { prepare: true }))) as readonly Row[],
    async script(text) {
      await awaited(living().unsafe(text).simple())
    },
    async end() {
      if (!lost) reserved.release()
      await sql.end({ timeout: lost ? 0 : 5 })
    },
  }
}

export const sessionLane = (url: string, where: string): SessionLane => {
  const turn = inTurn()
  let session: Living | undefined
  let closed = false

  const use = <T>(work: (session: Living) => Promise<T>): Promise<T> =>
    turn(async () => {
      if (closed) throw new Failure('STORE_CLOSED', 'the store is closed')
      try {
        if (session?.lost()) {
          await session.end()
          session = undefined
        }
        session ??= await openSession(url)
        return await work(session)
      } catch (error) {
        throw postgresFailure(error, where)
      }
    })

  return {
    with: use,
    within: (begin, work) =>
      use(async (session) => {
        await session.query(begin)
        try {
          const result = await work(session)
          await session.query('COMMIT')
          return result
        } catch (error) {
          if (!session.lost()) await session.query('ROLLBACK').catch(() => undefined)
          throw error
        }
      }),
    close: () =>
      turn(async () => {
        if (closed) return
        closed = true
        await session?.end()
      }),
  }
}
