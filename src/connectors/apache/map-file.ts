/** The map on disk. Apache takes its modification time for its version, so that must rise with every change. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { Failure } from '../../core/failure.ts'
import type { Millis } from '../../core/time.ts'
import { replaceFile } from '../../kit/atomic-file.ts'
import type { Settings } from './settings.ts'

/** File systems keep times by the ticks of the kernel's clock, 4 or 10 ms apart. */
const TICK: Millis = 20

/** The text behind the map: the map itself, or what a gdbm map was made of. */
export const textPath = ({ map, format }: Settings): string => (format === 'txt' ? map : `${map}.txt`)

export const writeMap = async (config: Settings, lines: Iterable<string>, now: Millis): Promise<void> => {
  const { map, format } = config
  const before = await stat(map).catch(() => undefined)
  const modifiedAt = Math.max(now, Math.ceil(before?.mtimeMs ?? 0) + TICK)
  await replaceFile(textPath(config), lines, { modifiedAt })
  if (format === 'gdbm') await convert(config, modifiedAt / 1000)
}

const convert = async (config: Settings, modifiedAt: number): Promise<void> => {
  const { map, httxt2dbm } = config
  const beside = join(dirname(map), `.${basename(map)}.${randomBytes(6).toString('hex')}.new`)
  try {
    await promisify(execFile)(httxt2dbm, ['-f', 'GDBM', '-i', textPath(config), '-o', beside], { timeout: 60_000 })
    await chmod(beside, 0o644)
    await utimes(beside, modifiedAt, modifiedAt)
    await rename(beside, map)
  } catch (error) {
    await rm(beside, { force: true })
    const { code, stderr } = error as { readonly code?: string | number; readonly stderr?: string }
    const why = stderr?.trim().split('\n').at(-1) || code
    throw new Failure('APACHE_MAP', `${httxt2dbm} made no map (${why})`, {
      retry: 'backoff',
      remedy: code === 'ENOENT' ? 'Install apache2-utils, or use format: txt.' : 'Run it by hand to see what is wrong.',
      cause: error,
    })
  }
}

/** Keys and references of the text; what is no line of a map stands for itself. */
export const readMap = async (config: Settings): Promise<ReadonlyMap<string, string>> => {
  const text = await readFile(textPath(config), 'utf8').catch(() => '')
  const isThere = config.format === 'txt' || (await stat(config.map).catch(() => undefined)) !== undefined
  if (!isThere) return new Map()
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [key = '', value = '', ...rest] = line.split(' ')
        return rest.length === 0 ? [key, value] : [line, '']
      }),
  )
}
