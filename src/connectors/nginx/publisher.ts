/**
 * Brings lists into the running nginx.
 *
 *   wait out the interval → files → test → reload → new generation seen (probe) or new workers seen (pidFile)
 *
 * A list that the test refuses is taken back. One publication at a time, which the hub sees to.
 */
import { readFile, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../core/failure.ts'
import { type Millis, SECOND } from '../../core/time.ts'
import { replaceFile } from '../../kit/atomic-file.ts'
import type { Listing } from '../../kit/listing.ts'
import { run } from '../../kit/running-server.ts'
import { askStanding } from '../../kit/standing-probe.ts'
import { GENERATION_AT, listLines, parseList } from './list-text.ts'
import { masterOf, reloadMaster, workersOf } from './server.ts'
import type { Settings } from './settings.ts'

/** How long a reload may take: nginx reads its whole configuration, rules and lists. */
const TAKEN_WITHIN: Millis = 30 * SECOND
const LOOK_EVERY: Millis = 50

export interface Publisher {
  /** Resolves when the running nginx has the lists, as far as can be seen. */
  publish(signal: AbortSignal): Promise<void>
  /** Generation of the first list that nginx last took; undefined while that is in doubt. */
  taken(): string | undefined
}

export interface Place {
  readonly path: string
  readonly listing: Listing
}

interface Text {
  readonly path: string
  readonly lines: readonly string[]
  /** What the file held before. */
  readonly old: string | undefined
}

/** The generation that the running nginx has; undefined when it has none of ours. */
export const runningGeneration = async (
  probe: NonNullable<Settings['probe']>,
  signal?: AbortSignal,
): Promise<string | undefined> => {
  const told = await askStanding(probe, GENERATION_AT, signal)
  if (told) return told.entry
  throw new Failure('NGINX_PROBE', `${probe.url} is not the probe's location`, {
    retry: 'backoff',
    remedy: 'Include content/enforce/nginx-list-server.conf in the server that probe.url and probe.host lead to.',
  })
}

export const createPublisher = (config: Settings, places: readonly Place[], clock: () => Millis): Publisher => {
  const { probe, pidFile } = config
  let reloadedAt = Number.NEGATIVE_INFINITY
  let taken: string | undefined

  const test = async (texts: readonly Text[]): Promise<void> => {
    if (!config.test) return
    try {
      await run(config.test, {
        code: 'NGINX_TEST',
        what: 'nginx refuses its configuration, so the old list is in its place again',
        remedy: 'Run nginx -t, and mend what it names.',
        fault: /\[emerg\]/,
      })
    } catch (error) {
      for (const { path, old } of texts)
        await (old === undefined ? rm(path, { force: true }) : replaceFile(path, old.split('\n').slice(0, -1)))
      throw error
    }
  }

  const reload = async (wanted: string, signal: AbortSignal): Promise<void> => {
    const master = pidFile === undefined ? undefined : await masterOf(pidFile)
    const before = master === undefined ? [] : await workersOf(master)
    taken = undefined
    reloadedAt = clock()
    if (config.reload)
      await run(config.reload, {
        code: 'NGINX_RELOAD',
        what: 'nginx was not reloaded',
        remedy: 'Run the command of reload as the user of the daemon.',
        fault: /\[emerg\]/,
      })
    else if (master !== undefined) reloadMaster(master)
    const isTaken = async (): Promise<boolean> => {
      if (probe && (await runningGeneration(probe, signal)) !== wanted) return false
      if (master === undefined) return true
      const workers = await workersOf(master)
      return workers.length > 0 && !workers.some((worker) => before.includes(worker))
    }
    const end = clock() + TAKEN_WITHIN
    while (!(await isTaken())) {
      if (clock() >= end)
        throw new Failure('NGINX_NOT_RELOADED', 'nginx goes on with the list that it had', {
          retry: 'backoff',
          remedy: probe
            ? 'See its error log. Is the token in its configuration that of probe.token, and file what it includes?'
            : 'See its error log: it keeps its configuration when it finds a fault in the new one.',
        })
      await sleep(LOOK_EVERY, undefined, { signal })
    }
    taken = wanted
  }

  return {
    taken: () => taken,
    async publish(signal) {
      const texts: Text[] = []
      for (const { path, listing } of places)
        texts.push({ path, lines: [...listLines(listing)], old: await readFile(path, 'utf8').catch(() => undefined) })
      const same = texts.every(({ lines, old }) => old === `${lines.join('\n')}\n`)
      const wanted = parseList(texts[0]!.lines.at(-1)!).generation!
      // A daemon that was restarted finds its own lists, and nginx with them: nothing is to be reloaded.
      const running = probe ? await runningGeneration(probe, signal).catch(() => undefined) : taken
      if (same && running === wanted) {
        taken = wanted
        return
      }
      const wait = reloadedAt + config.minInterval - clock()
      if (wait > 0) await sleep(wait, undefined, { signal })
      if (!same) {
        for (const { path, lines } of texts) await replaceFile(path, lines)
        await test(texts)
      }
      await reload(wanted, signal)
    },
  }
}
