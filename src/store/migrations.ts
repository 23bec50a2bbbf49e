/** The numbered SQL files of one engine. A file, once released, is never edited: what it did is in somebody's database. */
import { readdirSync, readFileSync } from 'node:fs'
import { Failure } from '../core/failure.ts'

export interface Migration {
  readonly version: number
  readonly sql: string
}

const FOLDER = new URL('./sql/', import.meta.url)

/** In order, from 1, without a gap. */
export const migrations = (engine: 'sqlite' | 'postgres'): Migration[] => {
  const folder = new URL(`${engine}/`, FOLDER)
  return readdirSync(folder)
    .filter((name) => /^\d{4}-[\w-]+\.sql$/.test(name))
    .sort()
    .map((name, i) => {
      const version = Number(name.slice(0, 4))
      if (version !== i + 1) throw new Failure('STORE_MIGRATIONS', `migration ${i + 1} is missing before ${name}`)
      return { version, sql: readFileSync(new URL(name, folder), 'utf8') }
    })
}

/** What is still to do, or STORE_NEWER when the database is ahead of this program. */
export const pendingFrom = (all: readonly Migration[], version: number, where: string): readonly Migration[] => {
  const latest = all.at(-1)?.version ?? 0
  if (version > latest)
    throw new Failure('STORE_NEWER', `${where} has schema ${version}; this program knows up to ${latest}`, {
      remedy: 'Run the newer Riposte that wrote it, or give this one a database of its own.',
    })
  return all.slice(version)
}
