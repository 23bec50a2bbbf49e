/**
 * PostgreSQL (14 or newer) behind the desk: one connection that writes and holds the daemon's lock, a few that read.
 * Our tables live in the schema `riposte`, so that the database may hold other things.
 */
import { Failure } from '../core/failure.ts'
import { seatLost } from './commit.ts'
import type { Bulk, Cell, Desk, Reading, Writing } from './desk.ts'
import { type Migration, migrations, pendingFrom } from './migrations.ts'
import { type Session, sessionLane } from './postgres-session.ts'

/** Advisory locks are per database; these two numbers are ours: 'RIP1' and what it is for. */
const LOCKS = 0x52495031
const SEAT = 1
const MIGRATION = 2
/** Row header, three index entries and fill factor of one row of `events`: an estimate, good enough for retention by size. */
const EVENT_ROW = 210
/** Questions answered at the same time. */
const READERS = 3

const numbered = new Map<string, string>()
/** `?` to `$1`, `$2` and so on. */
const dollars = (sql: string): string => {
  let text = numbered.get(sql)
  if (text === undefined) {
    let n = 0
    text = sql.replaceAll('?', () => `$${++n}`)
    if (numbered.size > 500) numbered.clear()
    numbered.set(sql, text)
  }
  return text
}

const element = (cell: Cell | undefined): string => {
  if (cell === null || cell === undefined) return 'NULL'
  if (typeof cell === 'number') return String(cell)
  if (typeof cell === 'string') return `"${cell.replace(/["\\]/g, '\\$&')}"`
  return `"\\\\x${Buffer.from(cell.buffer, cell.byteOffset, cell.length).toString('hex')}"`
}

/** One column of many rows as an array literal: one statement for any number of rows, prepared once. */
const columnOf = (rows: readonly (readonly Cell[])[], i: number): string =>
  `{${rows.map((row) => element(row[i])).join(',')}}`

const unnest = ({ columns }: Bulk): string =>
  `unnest(${columns.map(([, type], i) => `$${i + 1}::text::${type}[]`).join(', ')})`

const names = ({ columns }: Bulk): string => columns.map(([name]) => name).join(', ')

const insert = (into: Bulk): string =>
  `INSERT INTO ${into.table} (${names(into)}) SELECT * FROM ${unnest(into)}${
    into.conflict ? ` ON CONFLICT ${into.conflict}` : ''
  }`

/** Rows that a cursor brings at a time. */
const ROWS_AT_ONCE = 2000

const readingOn = (session: Session): Reading => ({
  rows: (text, params = []) => session.query(dollars(text), params),
  async each(text, params, visit) {
    await session.query(`DECLARE every NO SCROLL CURSOR FOR ${dollars(text)}`, params)
    for (let more = true; more; ) {
      const rows = await session.query(`FETCH ${ROWS_AT_ONCE} FROM every`)
      for (const row of rows) visit(Object.values(row))
      more = rows.length === ROWS_AT_ONCE
    }
    await session.query('CLOSE every')
  },
})

const writingOn = (session: Session): Writing => {
  const bulk = (text: string, { columns }: Bulk, rows: readonly (readonly Cell[])[]) =>
    session.query(
      text,
      columns.map((_, i) => columnOf(rows, i)),
    )
  return {
    ...readingOn(session),
    async put(into, rows) {
      if (rows.length > 0) await bulk(insert(into), into, rows)
    },
    async putNew(into, rows) {
      if (rows.length === 0) return []
      const key = into.columns[0]![0]
      const stored = await bulk(`${insert(into)} RETURNING ${key}`, into, rows)
      const fresh = new Set(stored.map((row) => Number(row[key])))
      return rows.map((row) => fresh.has(Number(row[0])))
    },
    async remove(from, keys) {
      if (keys.length === 0) return
      const same = from.columns.map(([name]) => `t.${name} = gone.${name}`).join(' AND ')
      await bulk(`DELETE FROM ${from.table} t USING ${unnest(from)} AS gone (${names(from)}) WHERE ${same}`, from, keys)
    },
  }
}

/** `postgres://host:port/database`, as errors may show it: no user, no password, no parameters. */
const shown = (url: string): string => {
  const { host, pathname } = new URL(url)
  return `postgres://${host}${pathname}`
}

const migrateOn = async (session: Session, all: readonly Migration[], where: string): Promise<void> => {
  const [encoding] = await session.query(`SELECT current_setting('server_encoding') AS name`)
  if (encoding?.['name'] !== 'UTF8')
    throw new Failure('STORE_ENCODING', `${where} is encoded in ${encoding?.['name']}`, {
      remedy: 'Create the database with: createdb -E UTF8 -T template0 NAME.',
    })
  await session.query(`SELECT pg_advisory_xact_lock(${LOCKS}, ${MIGRATION})`)
  // Asked first, because IF NOT EXISTS needs the right to create even where nothing is to be created.
  const [found] = await session.query(
    `SELECT CASE WHEN to_regclass('riposte.schema_version') IS NULL THEN 0 ELSE 1 END AS there`,
  )
  if (found?.['there'] !== 1)
    await session.script(
      'CREATE SCHEMA IF NOT EXISTS riposte; CREATE TABLE riposte.schema_version (version BIGINT NOT NULL)',
    )
  const [row] = await session.query('SELECT coalesce(max(version), 0) AS version FROM riposte.schema_version')
  for (const { version, sql } of pendingFrom(all, Number(row?.['version']), where)) {
    await session.script(sql)
    await session.query(`INSERT INTO riposte.schema_version VALUES (${version})`)
  }
}

export const openPostgresDesk = async (url: string): Promise<Desk> => {
  if (!URL.canParse(url))
    throw new Failure('STORE_URL', 'the PostgreSQL URL cannot be read', {
      remedy: 'Write postgres://user:password@host:5432/database, special characters percent-encoded.',
    })
  const where = shown(url)
  const all = migrations('postgres')
  const writer = sessionLane(url, where)
  const readers = Array.from({ length: READERS }, () => sessionLane(url, where))
  let turn = 0
  const reader = () => readers[turn++ % READERS]!
  /** The session that took the daemon's lock; the lock lives and dies with it. */
  let seated: Session | undefined
  let wanted = false

  const takeLock = async (session: Session): Promise<boolean> => {
    if (seated === session) return true
    const [row] = await session.query(
      `SELECT CASE WHEN pg_try_advisory_lock(${LOCKS}, ${SEAT}) THEN 1 ELSE 0 END AS ok`,
    )
    if (row?.['ok'] !== 1) return false
    seated = session
    wanted = true
    return true
  }
  const write = <T>(work: (writing: Writing) => Promise<T>): Promise<T> =>
    writer.within('BEGIN', async (session) => {
      // The lock went with a lost connection; whoever took it meanwhile is the daemon now.
      if (wanted && !(await takeLock(session))) throw seatLost()
      return work(writingOn(session))
    })
  const close = async (): Promise<void> => {
    await Promise.all([writer, ...readers].map((lane) => lane.close()))
  }

  try {
    await writer.within('BEGIN', (session) => migrateOn(session, all, where))
  } catch (error) {
    await close()
    throw error
  }

  const number = async (sql: string): Promise<number> => {
    const [row] = await reader().with((session) => session.query(sql))
    return Number(row?.['value'])
  }
  const size = (condition: string): Promise<number> =>
    number(`SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint AS value FROM pg_class
      WHERE relnamespace = 'riposte'::regnamespace AND relkind = 'r' AND ${condition}`)

  return {
    engine: 'postgres',
    schema: all.length,
    read: (work) => reader().within('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', (s) => work(readingOn(s))),
    write,
    writeDurably: write,
    // Deleted rows leave the tables' files as large as they were, so what is alive is added up instead.
    async liveBytes() {
      const others = await size(`relname NOT IN ('pages', 'events')`)
      return (
        others +
        (await number(`SELECT ((SELECT coalesce(sum(octet_length(body)), 0) FROM pages)
          + (SELECT event_count FROM ledger) * ${EVENT_ROW})::bigint AS value`))
      )
    },
    bytes: () => size('true'),
    // Autovacuum makes the room reusable; only an exclusive lock could make the files shorter.
    shrink: async () => {},
    lock: () => writer.within('BEGIN', takeLock),
    close,
  }
}
