/**
 * Prints which folder imports which, and fails on an arrow that turns round (the table of docs/architecture.md).
 * Also fails on what a pure room must not touch: files, network, clock, chance.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src')
const ROOMS = ['parse', 'classify', 'canary', 'correlate', 'decide', 'share']
const ADAPTERS = ['sources', 'connectors', 'store', 'bus', 'observe']
const MAY: Readonly<Record<string, readonly string[]>> = {
  core: [],
  kit: ['core'],
  // A codec that several connectors speak: pure, like the rooms.
  dns: ['core'],
  ...Object.fromEntries([...ROOMS, ...ADAPTERS].map((room) => [room, ['core', 'kit']])),
  connectors: ['core', 'kit', 'dns'],
  pipeline: ['core', 'kit', ...ROOMS],
  enforce: ['core', 'kit'],
  respond: ['core', 'kit'],
  api: ['core', 'kit', ...ROOMS],
  app: ['core', 'kit', 'dns', ...ROOMS, ...ADAPTERS, 'pipeline', 'enforce', 'respond', 'api'],
  cli: ['core', 'kit', 'app'],
  'main.ts': ['cli', 'app'],
}
/** Deterministic, without side effects: what `core` and the rooms may use of Node. */
const PURE_NODE = ['node:crypto', 'node:buffer', 'node:util']
const IMPURE =
  /\b(?:Date\.now|new Date\(\)|Math\.random|process\.|performance\.now|setTimeout|setInterval|randomUUID|randomBytes)\b/

const faults: string[] = []
const arrows = new Map<string, Map<string, number>>()

for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue
  const from = file.split('/')[0]!
  const text = readFileSync(join(root, file), 'utf8')
  const pure = from === 'core' || from === 'dns' || ROOMS.includes(from)
  for (const [, target] of text.matchAll(/^\s*(?:import|export)\b[^'"]*?['"]([^'"]+)['"]/gm)) {
    if (target!.startsWith('.')) {
      const to = relative(root, resolve(root, dirname(file), target!)).split('/')[0]!
      // `_registry.ts` and the like belong to the composition root; package.json is data.
      if (to === from || to === '..') continue
      arrows.set(from, (arrows.get(from) ?? new Map()).set(to, (arrows.get(from)?.get(to) ?? 0) + 1))
      if (!MAY[from]) faults.push(`src/${file}: folder ${from} is not in the layer table of scripts/check-layers.ts`)
      else if (!MAY[from].includes(to)) faults.push(`src/${file}: ${from} may not import ${to} (${target})`)
    } else if (pure && target!.startsWith('node:') && !PURE_NODE.includes(target!))
      faults.push(`src/${file}: ${from} is pure and may not import ${target}`)
  }
  if (pure)
    text.split('\n').forEach((line, i) => {
      if (IMPURE.test(line) && !/^\s*(?:\*|\/\/|\/\*)/.test(line))
        faults.push(`src/${file}:${i + 1}: ${from} is pure: ${line.trim().slice(0, 80)}`)
    })
}

for (const from of Object.keys(MAY)) {
  const to = arrows.get(from)
  if (to) console.log(`${from.padEnd(10)} → ${[...to].map(([name, n]) => `${name} ${n}`).join(', ')}`)
}
if (faults.length > 0) {
  console.error(`\n${faults.join('\n')}\n${faults.length} arrow(s) the wrong way`)
  process.exit(1)
}
console.log('layers hold')
