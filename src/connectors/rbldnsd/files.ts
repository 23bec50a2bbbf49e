/** The data files on disk: one per family; the first also holds what the zone needs once (SOA, NS). */
import { readFile, stat } from 'node:fs/promises'
import type { Millis } from '../../core/time.ts'
import type { ListTable } from '../../dns/list-table.ts'
import { dataLines, type Family, headLines, serialOfDataText } from '../../dns/rbldnsd-text.ts'
import { nextSerial } from '../../dns/zone-serial.ts'
import { replaceFile } from '../../kit/atomic-file.ts'
import type { Settings } from './settings.ts'

export interface Files {
  /** Returns the serial of what was written; `running`: the one that rbldnsd answers with. */
  write(now: Millis, running: number | undefined): Promise<number>
  /** Values whose lines stand in the files as they should, or should not stand there; lines that are none of ours. */
  read(): Promise<{ readonly values: ReadonlySet<string>; readonly foreign: number }>
}

const LINE = /^([0-9a-f:.]+(?:\/\d{1,3})?) :127\.0\.0\.(\d{1,3}):(R-[0-9A-F-]{14})$/

export const createFiles = (config: Settings, table: ListTable): Files => {
  const ttl = Math.floor(config.ttl / 1000)
  const { nameServer } = config
  const head = { nameServer, ttl, negativeTtl: Math.floor(config.negativeTtl / 1000) }
  // The other family first: when rbldnsd answers with the serial, which stands in the first, it has both.
  const paths = [
    ...(config.ip6 === undefined ? [] : [['ip6', config.ip6] as const]),
    ['ip4', config.ip4] as const,
  ] satisfies readonly (readonly [Family, string])[]

  return {
    async write(now, running) {
      const text = await readFile(config.ip4, 'latin1').catch(() => '')
      const serial = nextSerial(now, [serialOfDataText(text), running])
      const written = Math.floor(now / 1000)
      const until = config.validFor === undefined ? undefined : now + config.validFor
      // rbldnsd takes a file of the same second and the same size for the one that it has.
      const ages = await Promise.all(paths.map(([, path]) => stat(path).catch(() => undefined)))
      const modifiedAt = 1000 * Math.max(written, ...ages.map((age) => Math.floor((age?.mtimeMs ?? 0) / 1000) + 1))
      for (const [family, path] of paths)
        await replaceFile(
          path,
          lines(dataLines(table, family, ttl, until), family === 'ip4' && headLines({ ...head, serial })),
          { modifiedAt },
        )
      return serial
    },
    async read() {
      const values = new Set<string>()
      let foreign = 0
      for (const [family, path] of paths)
        for (const line of (await readFile(path, 'latin1').catch(() => '')).split('\n')) {
          const [, value, code, reference] = LINE.exec(line) ?? []
          if (value === undefined) {
            if (line !== '' && !/^[#$]|^(?:127\.0\.0\.2|::ffff:7f00:2) :127\.0\.0\.2:$/.test(line)) foreign++
            continue
          }
          const row = table.rowOf(value)
          const isRight = row >= 0 && table.code(row) === Number(code) && table.reference(row) === reference
          if (value.includes(':') !== (family === 'ip6')) foreign++
          else if (row < 0 || isRight) values.add(value)
        }
      return { values, foreign }
    },
  }
}

function* lines(data: Iterable<string>, head: Iterable<string> | false): IterableIterator<string> {
  if (head) yield* head
  yield* data
}
