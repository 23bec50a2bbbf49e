/**
 * Records the corpus again: `node scripts/record/main.ts [--out corpus] [--only NAME]... [--seed N]`.
 * Enters: nothing but this program and Debian's packages. Leaves: compressed logs of real servers with the truth beside
 * them, and `recorded.json`, which says what was recorded when, with which versions. Needs root on Linux, for a network
 * namespace in which the documentation ranges are ours; touches nothing of the machine but the output folder.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { APACHE_PACKAGES } from '../../test/real/apache.ts'
import { enterNamespace } from '../../test/real/network-namespace.ts'
import { NGINX_PACKAGES } from '../../test/real/nginx.ts'
import { documentationAddresses } from './address-book.ts'
import { random } from './random.ts'
import { type Recorded, record } from './record.ts'
import { RECORDINGS } from './recordings.ts'

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'corpus' },
    only: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: '20261122' },
  },
})

const write = (out: string, file: Recorded): object => {
  const path = join(out, `${file.path}.gz`)
  const packed = gzipSync(file.content, { level: 9 })
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, packed)
  console.log(`${path}  ${packed.length} bytes (${file.content.length} before compression)`)
  return {
    file: `${file.path}.gz`,
    bytes: file.content.length,
    lines: file.content.toString('latin1').split('\n').length - 1,
  }
}

const versions = (): Record<string, string> =>
  Object.fromEntries(
    [...new Set([...NGINX_PACKAGES, ...APACHE_PACKAGES, 'libmodsecurity3'])].map((name) => [
      name,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholder.
      execFileSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' }),
    ]),
  )

const recordAll = async (): Promise<void> => {
  const notes = join(values.out, 'recorded.json')
  const known = readNotes(notes)
  for (const [i, recording] of RECORDINGS.entries()) {
    if (values.only.length > 0 && !values.only.includes(recording.name)) continue
    const seed = Number(values.seed) + i
    const at = new Date().toISOString()
    const files = await record(recording, documentationAddresses(random(seed)), seed)
    known[recording.name] = {
      at,
      seed,
      server: recording.server,
      parts: recording.parts,
      versions: versions(),
      files: files.map((f) => write(values.out, f)),
    }
  }
  writeFileSync(notes, `${JSON.stringify(known, null, 2)}\n`)
}

const readNotes = (path: string): Record<string, unknown> => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  } catch {
    return {}
  }
}

const code = enterNamespace()
if (code === undefined) await recordAll()
else process.exitCode = code
