/** Who has a file open for writing, as far as /proc shows. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'

/** Processes looked at before others get a turn. */
const TURN = 16

/**
 * `device:inode` of each wanted file that somebody has open for writing → a path under /proc through which it can be
 * opened even when it has no name any more.
 *
 * Looks at every descriptor of every process that lets us: about 10 ms for 600 descriptors, ten times as much when each
 * call goes through the thread pool, hence synchronous in small turns. The caller limits how often.
 */
export const findWriters = async (wanted: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> => {
  const writers = new Map<string, string>()
  const processes = attempt(() => readdirSync('/proc'), []).filter((name) => /^\d+$/.test(name))
  for (const [n, pid] of processes.entries()) {
    if (n % TURN === 0) await setImmediate()
    if (pid === String(process.pid)) continue
    for (const fd of attempt(() => readdirSync(`/proc/${pid}/fd`), [])) {
      const link = `/proc/${pid}/fd/${fd}`
      // Sockets and pipes are most of what there is.
      if (!attempt(() => readlinkSync(link), '').startsWith('/')) continue
      const target = attempt(() => statSync(link, { bigint: true }), undefined)
      if (!target?.isFile()) continue
      const key = `${target.dev}:${target.ino}`
      if (wanted.has(key) && !writers.has(key) && opensForWriting(pid, fd)) writers.set(key, link)
    }
  }
  return writers
}

/** A process may end, or be another user's: then it shows nothing. */
const attempt = <T>(ask: () => T, otherwise: T): T => {
  try {
    return ask()
  } catch {
    return otherwise
  }
}

/** The access mode is the last two bits of the octal `flags` in fdinfo: 0 reads only. */
const opensForWriting = (pid: string, fd: string): boolean => {
  const info = attempt(() => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'), '')
  const flags = /^flags:\s*([0-7]+)/m.exec(info)?.[1]
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== 0
}
