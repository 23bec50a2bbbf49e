/**
 * What people and editors read about riposte.yaml, made from the schema, so that it cannot drift: the reference page
 * (docs/spec/config.md) and the JSON Schema (docs/spec/config.schema.json).
 */
import { z } from 'zod'
import { mayComeFromFile } from './load.ts'
import { configSchema } from './schema.ts'

interface Node {
  readonly type?: string
  readonly title?: string
  readonly kind?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly items?: Node
  readonly anyOf?: readonly Node[]
}

/** What may be written, with `state_file` and its like beside the keys that may come from a file. */
const described = (): Node => ({
  ...withFileKeys(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as unknown as Node, []),
  title: 'riposte.yaml',
})

const withFileKeys = (node: Node, path: readonly PropertyKey[]): Node => ({
  ...node,
  ...(node.items ? { items: withFileKeys(node.items, [...path, 0]) } : {}),
  ...(node.anyOf ? { anyOf: node.anyOf.map((choice) => withFileKeys(choice, path)) } : {}),
  ...(node.properties
    ? {
        properties: Object.fromEntries(
          Object.entries(node.properties).flatMap(([key, child]) => {
            const here = [...path, key]
            const twin = {
              type: 'string',
              description: `A file that holds the value of \`${key}\`, for secrets.`,
            } as Node
            return [
              [key, withFileKeys(child, here)] as const,
              ...(mayComeFromFile(here) ? [[`${key}_file`, twin] as const] : []),
            ]
          }),
        ),
      }
    : {}),
})

/** The JSON Schema for editors; `kind` is our own word and stays inside. */
export const configJsonSchema = (): Record<string, unknown> =>
  JSON.parse(JSON.stringify(described(), (key, value: unknown) => (key === 'kind' ? undefined : value)))

const written = (value: unknown): string =>
  value === undefined ||
  (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0)
    ? ''
    : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``

const kindOf = (node: Node): string => {
  if (node.enum) return node.enum.map((word) => `\`${String(word)}\``).join(' ')
  if (node.const !== undefined) return `\`${String(node.const)}\``
  if (node.anyOf) return [...new Set(node.anyOf.map(kindOf))].join(' or ')
  if (node.type === 'array')
    return `list of ${node.items ? kindOf(node.items).replace(/\b(mapping|network|duration|path)\b/g, '$1s') : 'values'}`
  return (
    node.kind ??
    ({ integer: 'whole number', object: 'mapping', string: 'text' }[node.type ?? ''] || node.type || 'value')
  )
}

/** The mapping that a key leads to, if any: its own, that of its list's entries, or that of one of its alternatives. */
const inner = (node: Node): { readonly node: Node; readonly suffix: string } | undefined => {
  if (node.properties) return { node, suffix: '' }
  if (node.items) {
    const entry = inner(node.items)
    return entry && { node: entry.node, suffix: `[]${entry.suffix}` }
  }
  for (const choice of node.anyOf ?? []) {
    const found = inner(choice)
    if (found) return found
  }
  return undefined
}

const section = (path: string, node: Node, description: string | undefined): readonly string[] => {
  const entries = Object.entries(node.properties ?? {})
  const rows = entries.map(([key, child]) => {
    const needed = node.required?.includes(key) ? '**required**' : written(child.default)
    return `| \`${key}\` | ${kindOf(child).replaceAll('|', '\\|')} | ${needed} | ${(child.description ?? '').replaceAll('|', '\\|')} |`
  })
  const deeper = entries.flatMap(([key, child]) => {
    const found = inner(child)
    return found ? section(`${path === '' ? '' : `${path}.`}${key}${found.suffix}`, found.node, child.description) : []
  })
  return [
    ...(path === '' ? [] : ['', `## \`${path}\``, '', ...(description ? [description, ''] : [])]),
    '| key | value | default | meaning |',
    '|---|---|---|---|',
    ...rows,
    ...deeper,
  ]
}

/** The text of docs/spec/config.md. */
export const configReference = (): string => {
  const schema = described()
  return `${[
    '<!-- Generated from src/app/config/schema.ts by `npm run gen`. Do not edit. -->',
    '# riposte.yaml',
    '',
    'One YAML file. Every key has a default except where it says **required**; `riposte check` names every mistake with line,',
    'column and remedy. [config.schema.json](config.schema.json) gives editors completion: put',
    '`# yaml-language-server: $schema=…/config.schema.json` into the first line.',
    '',
    '- **duration**: `90s`, `15m`, `4h`, `7d`, `1h30m`. **size**: `64KiB`, `200MB`, `2GiB`. **network**: `192.0.2.0/24`, `2001:db8::/32`, or one address.',
    '- **path**: relative paths count from the folder of the file.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the page shows the syntax itself.
    '- `${NAME}` anywhere in a value takes it from the environment, `${NAME:-default}` with a default; `$${` is a plain `${`.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the page shows the syntax itself.
    '- Keys that may hold a secret have a twin that names a file instead, such as `state_file`; with systemd: `state_file: ${CREDENTIALS_DIRECTORY}/state`.',
    '',
    ...section('', schema, undefined),
  ].join('\n')}\n`
}
