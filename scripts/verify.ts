/** Everything that must hold before code lands: format and lint, types, layers, generated files, build, tests. Stops at the first that fails. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const bin = (name: string) => join('node_modules', '.bin', name)
const steps: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format and lint', bin('biome'), 'ci', '.'],
  ['types', bin('tsc')],
  ['layers', process.execPath, 'scripts/check-layers.ts'],
  ['generated files', process.execPath, 'scripts/gen.ts', '--check'],
  ['build', process.execPath, 'scripts/build.ts'],
  ['what was built', process.execPath, '--disable-warning=ExperimentalWarning', 'dist/main.js', 'demo', '--once'],
  ['tests', process.execPath, 'scripts/run-tests.ts'],
]

const start = Date.now()
for (const [name, command, ...args] of steps) {
  console.log(`\n── ${name} ──`)
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) {
    console.error(`\nfailed: ${name}`)
    process.exit(1)
  }
}
console.log(`\nall of it holds (${Math.round((Date.now() - start) / 1000)} s)`)
