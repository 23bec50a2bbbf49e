/** The configured sources, opened, each with the lane its records travel by. */

import type { Source } from '../kit/source.ts'
import { readIndexLine } from '../parse/modsec-index.ts'
import type { Feed } from '../pipeline/loop.ts'
import { type ConcurrentSourceOptions, createConcurrentSource } from '../sources/concurrent/index.ts'
import { createFileSource } from '../sources/file/index.ts'
import { createStdinSource } from '../sources/stdin/index.ts'
import type { Config, SourceConfig } from './config/schema.ts'
import type { House } from './house.ts'
import { webhookSensors } from './webhook-sensor.ts'

export const openFeeds = (config: Config, house: House): readonly Feed[] =>
  [...config.sensors, ...webhookSensors(config)].flatMap((sensor) =>
    sensor.sources.map((wanted) => {
      const source = openSource(wanted)
      return { source, lane: house.lane(sensor, source.id, wanted.format) }
    }),
  )

/** Index lines hold what clients sent, in whatever encoding; latin1 keeps every byte. */
export const readIndexEntry: ConcurrentSourceOptions['readIndexLine'] = (line) => {
  const read = readIndexLine(Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString('latin1'))
  return 'entry' in read ? { path: read.entry.path } : read
}

const openSource = (source: SourceConfig): Source => {
  switch (source.kind) {
    case 'file':
      return createFileSource({ paths: source.paths, follow: true })
    case 'concurrent':
      return createConcurrentSource({
        ...(source.index === undefined ? {} : { index: source.index }),
        storageDir: source.storage,
        readIndexLine: readIndexEntry,
        follow: true,
      })
    case 'stdin':
      return createStdinSource({})
  }
}
