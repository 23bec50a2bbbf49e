/**
 * The databases of others, opened for reading only: CrowdSec's crowdsec.db (table `decisions`, in newer ones
 * `allow_list_items` too) and fail2ban's fail2ban.sqlite3 (`bips`, in older ones only `bans`). The log lines that fail2ban
 * keeps with a ban are never looked at.
 */
import { DatabaseSync } from 'node:sqlite'
import { Failure } from '../../core/failure.ts'
import { SECOND } from '../../core/time.ts'
import type { Found, Item } from './item.ts'

type Row = Readonly<Record<string, unknown>>

interface Query {
  readonly table: string
  readonly sql: string
  read(row: Row): Omit<Item, 'place'>
}

const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 300) : '')

/** Any column may hold anything: an integer beyond what a number holds would end the reading. */
const cast =
  (type: 'TEXT' | 'REAL') =>
  (...columns: readonly string[]): string =>
    columns.map((column) => `CAST(${column} AS ${type}) AS ${column}`).join(', ')
const texts = cast('TEXT')
const reals = cast('REAL')

const DECISIONS: Query = {
  table: 'decisions',
  sql: `SELECT ${texts('value', 'scope', 'type', 'scenario', 'until')}, ${reals('simulated')} FROM decisions ORDER BY id`,
  read: (row) => ({
    value: text(row['value']),
    scope: text(row['scope']),
    type: text(row['type']),
    until: text(row['until']),
    reason: text(row['scenario']),
    simulated: row['simulated'] === 1,
  }),
}

const ALLOW_ITEMS: Query = {
  table: 'allow_list_items',
  sql: `SELECT ${texts('value', 'comment', 'expires_at')} FROM allow_list_items ORDER BY id`,
  read: (row) => ({
    value: text(row['value']),
    ...(text(row['comment']) === '' ? {} : { reason: text(row['comment']) }),
    ...(text(row['expires_at']) === '' ? {} : { until: text(row['expires_at']) }),
    spared: true,
  }),
}

const bans = (table: 'bips' | 'bans'): Query => ({
  table,
  sql: `SELECT ${texts('ip', 'jail')}, ${reals('timeofban', 'bantime')} FROM ${table} ORDER BY rowid`,
  read: (row) => {
    const length = Number(row['bantime'])
    return {
      value: text(row['ip']),
      type: 'ban',
      until: length < 0 ? Number.POSITIVE_INFINITY : (Number(row['timeofban']) + length) * SECOND,
      reason: text(row['jail']),
    }
  },
})

const QUERIES = {
  crowdsec: [[DECISIONS, ALLOW_ITEMS]],
  // Each ban is in both; `bips` holds what is in force now.
  fail2ban: [[bans('bips')], [bans('bans')]],
} as const satisfies Record<string, readonly (readonly Query[])[]>

export type Database = keyof typeof QUERIES

export const readDatabase = function* (path: string, kind: Database): Iterable<Found> {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true })
    const tables = new Set(
      database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .all()
        .map((row) => row['name']),
    )
    const queries = QUERIES[kind].map((list) => list.filter(({ table }) => tables.has(table)))
    const chosen = queries.find((list) => list.length > 0)
    if (!chosen)
      throw new Failure('IMPORT_DATABASE', `${path} is no database of ${kind}: it has no table ${tableNames(kind)}`, {
        remedy: tables.has('decisions')
          ? `It looks like CrowdSec's: riposte import crowdsec ${path}`
          : tables.has('bans')
            ? `It looks like fail2ban's: riposte import fail2ban ${path}`
            : 'Name crowdsec.db or fail2ban.sqlite3.',
      })
    for (const { table, sql, read } of chosen) {
      let number = 0
      for (const row of database.prepare(sql).iterate()) yield { place: `${table} row ${++number}`, ...read(row) }
    }
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('IMPORT_DATABASE', `${path} cannot be read: ${(error as Error).message}`, {
      remedy: `Copy it first: sqlite3 ${path} ".backup copy.db", then import copy.db.`,
      cause: error,
    })
  } finally {
    database?.close()
  }
}

const tableNames = (kind: Database): string => (kind === 'crowdsec' ? 'decisions' : 'bips or bans')
