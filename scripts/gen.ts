/**
 * Writes what is generated: the configuration's reference page and its JSON Schema.
 * `--check` writes nothing and fails when a file on disk is not what would be written.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configJsonSchema, configReference } from '../src/app/config/reference.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const check = process.argv.includes('--check')
const files: readonly (readonly [path: string, text: string])[] = [
  ['docs/spec/config.md', configReference()],
  ['docs/spec/config.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
]

const present = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const stale = files.filter(([path, text]) => present(join(root, path)) !== text)
if (check && stale.length > 0) {
  console.error(
    `not up to date: ${stale.map(([path]) => path).join(', ')}\nfix: npm run gen, and look at the difference`,
  )
  process.exit(1)
}
for (const [path, text] of stale) {
  writeFileSync(join(root, path), text)
  console.log(`wrote ${path}`)
}
