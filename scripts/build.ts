/** Makes `dist/`, what the published package runs: plain JavaScript, because Node strips no types below node_modules. */
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
rmSync(join(root, 'dist'), { recursive: true, force: true })
const compiled = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
if (compiled.status !== 0) process.exit(1)
// Migrations are read from beside the code that applies them.
cpSync(join(root, 'src', 'store', 'sql'), join(root, 'dist', 'store', 'sql'), { recursive: true })
