/**
 * Writes what is generated: the registry of connectors, the reference pages, the JSON Schemas of configuration and playbooks.
 * `--check` writes nothing and fails when a file on disk is not what would be written.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const check = process.argv.includes('--check')

/** Every folder of src/connectors is a connector: adding the folder is all there is to do. */
const registry = (): string => {
  const folder = join(root, 'src', 'connectors')
  const ids = readdirSync(folder)
    .filter((id) => existsSync(join(folder, id, 'index.ts')))
    .sort()
  const name = (id: string) => id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  return `${[
    '// Generated from the folders of src/connectors by `npm run gen`. Do not edit.',
    ...ids.map((id) => `import ${name(id)} from '../connectors/${id}/index.ts'`),
    '',
    'export const CONNECTORS = [',
    ...ids.map((id) => `  ${name(id)},`),
    '] as const',
  ].join('\n')}\n`
}

const path = join(root, 'src', 'app', '_registry.ts')
const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
// First, because the pages below are made from the schema, and the schema from the registry.
if (!check && registry() !== before) writeFileSync(path, registry())
const { configJsonSchema, configReference } = await import('../src/app/config/reference.ts')
const { playbookJsonSchema } = await import('../src/app/playbook-json-schema.ts')
const { connectorPage } = await import('../src/app/config/connector-page.ts')
const files: readonly (readonly [path: string, text: string])[] = [
  ['src/app/_registry.ts', registry()],
  ['docs/spec/config.md', configReference()],
  ['docs/connectors.md', connectorPage()],
  ['docs/spec/config.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
  ['docs/spec/playbook.schema.json', `${JSON.stringify(playbookJsonSchema(), null, 2)}\n`],
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
