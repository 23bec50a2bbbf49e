/**
 * One database file. It is read at its first use and kept; geoipupdate replaces it by rename, so now and then it is
 * looked whether it is another one. A new one that cannot be read does not take the place of the old one.
 */
import { stat } from 'node:fs/promises'
import type { Reader, Response } from 'maxmind'
import { Failure } from '../../core/failure.ts'
import { MINUTE, type Millis } from '../../core/time.ts'
import type { Logger } from '../../kit/logger.ts'

export interface Database {
  find(address: string, now: Millis, log: Logger): Promise<Response | undefined>
  /** `GeoLite2-City of 2026-11-03`. Throws the Failure `GEOIP_FILE`. */
  about(now: Millis, log: Logger): Promise<string>
}

const LOOK_AGAIN: Millis = MINUTE

const unreadable = (file: string, cause: unknown): Failure => {
  const code = (cause as NodeJS.ErrnoException).code
  return new Failure('GEOIP_FILE', `cannot read ${file} (${code ?? 'it is no MaxMind database'})`, {
    remedy: 'Check the path, let the daemon read it, and fetch it with geoipupdate.',
    cause,
  })
}

export const createDatabase = (file: string): Database => {
  let open: { readonly reader: Reader<Response>; readonly mark: string } | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let loading: Promise<Reader<Response>> | undefined

  const markOf = async (): Promise<string> => {
    const { ino, size, mtimeMs } = await stat(file)
    return `${ino} ${size} ${mtimeMs}`
  }

  const load = async (now: Millis, log: Logger): Promise<Reader<Response>> => {
    lookedAt = now
    try {
      const mark = await markOf()
      if (open?.mark === mark) return open.reader
      // Most commands never ask where an address is.
      const maxmind = await import('maxmind')
      open = { reader: await maxmind.open(file), mark }
    } catch (error) {
      if (!open) throw unreadable(file, error)
      log.warn({ file, error: unreadable(file, error).message }, 'the old GeoIP database stays in use')
    }
    return open.reader
  }

  /** Those who ask at once share one reading. */
  const reader = async (now: Millis, log: Logger): Promise<Reader<Response>> => {
    if (open && now - lookedAt < LOOK_AGAIN) return open.reader
    loading ??= load(now, log).finally(() => {
      loading = undefined
    })
    return loading
  }

  return {
    async find(address, now, log) {
      const found = (await reader(now, log)).get(address)
      return found ?? undefined
    },
    async about(now, log) {
      const { databaseType, buildEpoch } = (await reader(now, log)).metadata
      return `${databaseType} of ${buildEpoch.toISOString().slice(0, 10)}`
    },
  }
}
