/**
 * Opens or makes a database file: checked, migrated, in WAL mode. Nothing that is not ours or is damaged is touched.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../core/failure.ts'
import { type Migration, pendingFrom } from './migrations.ts'
import { sqliteFailure } from './sqlite-failure.ts'

/** `RIP1`: what `file` and we know our databases by. */
const APPLICATION = 0x52495031
const BUSY = 5
/** A quick_check reads the whole file, about 1 GB a second: beyond this, damage shows when a read meets it. */
const CHECK_UP_TO = 64 << 20

export const pragma = (db: DatabaseSync, name: string): number =>
  Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? { none: 0 })[0])

export const openSqlite = async (path: string, all: readonly Migration[]): Promise<DatabaseSync> => {
  const memory = path === ':memory:'
  if (!memory) prepareFile(path)
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true })
    recognise(db, path)
    if (!memory && statSync(path).size <= CHECK_UP_TO) check(db, path)
    await configure(db, memory)
    migrate(db, path, all)
    return db
  } catch (error) {
    db?.close()
    throw sqliteFailure(error, path)
  }
}

/** For its owner only: events hold what clients sent. */
const prepareFile = (path: string): void => {
  if (existsSync(path)) return
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
  } catch (cause) {
    throw new Failure('STORE_PATH', `${path} cannot be made`, {
      remedy: 'Make its folder exist and be writable for the user that runs Riposte.',
      cause,
    })
  }
}

const recognise = (db: DatabaseSync, path: string): void => {
  const tables = Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'])
  if (tables > 0 && pragma(db, 'application_id') !== APPLICATION)
    throw new Failure('STORE_FOREIGN', `${path} is a database of another program`, {
      remedy: 'Name another file; this one is left as it is.',
    })
}

const check = (db: DatabaseSync, path: string): void => {
  const first = db.prepare('PRAGMA quick_check(1)').get()
  const found = first ? String(Object.values(first)[0]) : 'no answer'
  if (found !== 'ok')
    throw sqliteFailure(Object.assign(new Error(found), { code: 'ERR_SQLITE_ERROR', errcode: 11 }), path)
}

/**
 * WAL with synchronous=NORMAL: a killed process loses nothing, because the kernel has every commit. A power cut can
 * lose the last commits, but each as a whole and its cursors with it, so the logs are read again from there to the
 * same ids. FULL would pay an fsync per commit for that; `writeDurably` pays it where no log could be read again.
 */
const configure = async (db: DatabaseSync, memory: boolean): Promise<void> => {
  // Has an effect only before the first table; it is what lets retention give pages back to the file system.
  db.exec('PRAGMA auto_vacuum = INCREMENTAL')
  for (let attempt = 0; !memory && pragmaText(db, 'journal_mode') !== 'wal'; attempt++) {
    try {
      db.exec('PRAGMA journal_mode = WAL')
    } catch (error) {
      // The change of mode needs the file alone and does not wait: another starter is doing the same.
      if ((error as { errcode?: number }).errcode !== BUSY || attempt > 100) throw error
      await sleep(20)
    }
  }
  db.exec(`PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF`)
}

const pragmaText = (db: DatabaseSync, name: string): string =>
  String(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? { none: '' })[0])

/** The version is read inside the transaction: of two starters the second waits, and finds the work done. */
const migrate = (db: DatabaseSync, path: string, all: readonly Migration[]): void => {
  db.exec('BEGIN IMMEDIATE')
  try {
    for (const { version, sql } of pendingFrom(all, pragma(db, 'user_version'), path)) {
      db.exec(sql)
      db.exec(`PRAGMA user_version = ${version}; PRAGMA application_id = ${APPLICATION}`)
    }
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
