/**
 * SQLite behind the desk: one connection that writes, one read-only connection so that no question waits for a commit
 * nor a commit for a question, and one lock file for the daemon's seat.
 */
import { closeSync, openSync, realpathSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setImmediate as breathe } from 'node:timers/promises'
import { type Bulk, type Desk, inTurn, type Reading, type Row, type Writing } from './desk.ts'
import { migrations } from './migrations.ts'
import { sqliteFailure } from './sqlite-failure.ts'
import { openSqlite, pragma } from './sqlite-open.ts'

/** Statements kept prepared per connection; queries with lists of parameters come in many lengths. */
const STATEMENTS = 200
/** Pages given back per step: about 1 MB, a few milliseconds. */
const VACUUM_PAGES = 256

const preparing = (db: DatabaseSync) => {
  const statements = new Map<string, StatementSync>()
  return (sql: string): StatementSync => {
    let statement = statements.get(sql)
    if (!statement) {
      if (statements.size >= STATEMENTS) statements.clear()
      statement = db.prepare(sql)
      statements.set(sql, statement)
    }
    return statement
  }
}

const insertSql = ({ table, columns, conflict }: Bulk): string =>
  `INSERT INTO ${table} (${columns.map(([name]) => name).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})${
    conflict ? ` ON CONFLICT ${conflict}` : ''
  }`

const deleteSql = ({ table, columns }: Bulk): string =>
  `DELETE FROM ${table} WHERE ${columns.map(([name]) => `${name} = ?`).join(' AND ')}`

/** Rows visited before the rest of the process gets its turn: a few milliseconds' worth. */
const ROWS_AT_ONCE = 2000

const readingOn = (prepare: (sql: string) => StatementSync): Reading => ({
  rows: async (sql, params = []) => prepare(sql).all(...params) as Row[],
  async each(sql, params, visit) {
    let count = 0
    const statement = prepare(sql)
    // An object with names for each row takes as long again.
    statement.setReturnArrays(true)
    for (const values of statement.iterate(...params)) {
      visit(values as unknown as unknown[])
      if (++count % ROWS_AT_ONCE === 0) await breathe()
    }
  },
})

const writingOn = (db: DatabaseSync): Writing => {
  const prepare = preparing(db)
  return {
    ...readingOn(prepare),
    // A prepared statement per row: measured faster than one INSERT … SELECT … FROM json_each(?), which parses JSON.
    async put(bulk, rows) {
      if (rows.length === 0) return
      const statement = prepare(insertSql(bulk))
      for (const row of rows) statement.run(...row)
    },
    async remove(bulk, keys) {
      if (keys.length === 0) return
      const statement = prepare(deleteSql(bulk))
      for (const key of keys) statement.run(...key)
    },
    async putNew(bulk, rows) {
      const statement = prepare(insertSql(bulk))
      return rows.map((row) => statement.run(...row).changes === 1)
    },
  }
}

/** Gives some free pages back; how many are left. */
const vacuumSome = (db: DatabaseSync): number => {
  db.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`)
  return pragma(db, 'freelist_count')
}

export const openSqliteDesk = async (path: string): Promise<Desk> => {
  const all = migrations('sqlite')
  const writer = await openSqlite(path, all)
  const memory = path === ':memory:'
  const reader = memory ? writer : new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  const writing = writingOn(writer)
  const reading = readingOn(preparing(reader))
  const writeTurn = inTurn()
  const readTurn = memory ? writeTurn : inTurn()
  let lockFile: DatabaseSync | undefined

  const within = async <T>(db: DatabaseSync, begin: string, work: () => Promise<T>): Promise<T> => {
    try {
      db.exec(begin)
      const result = await work()
      db.exec('COMMIT')
      return result
    } catch (error) {
      // A full disk makes SQLite roll back by itself; anything else is rolled back here.
      if (db.isOpen && db.isTransaction) db.exec('ROLLBACK')
      throw sqliteFailure(error, path)
    }
  }
  const translated = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw sqliteFailure(error, path)
    }
  }
  const write = <T>(work: (writing: Writing) => Promise<T>): Promise<T> =>
    writeTurn(() => within(writer, 'BEGIN IMMEDIATE', () => work(writing)))

  return {
    engine: 'sqlite',
    schema: all.length,
    read: (work) => readTurn(() => within(reader, 'BEGIN', () => work(reading))),
    write,
    writeDurably: (work) =>
      writeTurn(async () => {
        writer.exec('PRAGMA synchronous = FULL')
        try {
          return await within(writer, 'BEGIN IMMEDIATE', () => work(writing))
        } finally {
          writer.exec('PRAGMA synchronous = NORMAL')
        }
      }),
    liveBytes: async () =>
      translated(() => (pragma(writer, 'page_count') - pragma(writer, 'freelist_count')) * pragma(writer, 'page_size')),
    bytes: async () => translated(() => pragma(reader, 'page_count') * pragma(reader, 'page_size')),
    async shrink() {
      for (let free = Number.POSITIVE_INFINITY; ; ) {
        const left = await writeTurn(async () => translated(() => vacuumSome(writer)))
        // A database made without auto_vacuum stays as it is.
        if (left === 0 || left >= free) break
        free = left
        await breathe()
      }
      // Only the checkpoint makes the file shorter; it waits for nobody.
      await writeTurn(async () => translated(() => writer.exec('PRAGMA wal_checkpoint(PASSIVE)')))
    },
    async lock() {
      if (memory || lockFile) return true
      // An exclusive transaction on a file of its own is an operating system's lock: it ends with the process,
      // however that ends, and never stands in the way of the ledger itself.
      const name = `${realpathSync(path)}.lock`
      // For its owner only: whoever may read the file could hold the lock and keep the daemon out.
      closeSync(openSync(name, 'a', 0o600))
      const file = new DatabaseSync(name, { timeout: 0 })
      try {
        file.exec('BEGIN EXCLUSIVE')
        lockFile = file
        return true
      } catch (error) {
        file.close()
        const failure = sqliteFailure(error, `${path}.lock`) as { code?: string }
        if (failure.code === 'STORE_BUSY') return false
        throw failure
      }
    },
    async close() {
      await writeTurn(async () => {
        if (!writer.isOpen) return
        if (reader !== writer) reader.close()
        writer.close()
        lockFile?.close()
      })
    },
  }
}
