import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { runInNamespace } from '../real/network-namespace.ts'
import { NGINX_PACKAGES } from '../real/nginx.ts'
import { ensurePackages } from '../real/packages.ts'

test('the shipped nginx snippet denies the banned from the next request on, and fails open', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root for a network namespace')
  if (!(await ensurePackages([...NGINX_PACKAGES, 'iproute2', 'procps']))) return t.skip('nginx cannot be installed')
  const run = runInNamespace([join(import.meta.dirname, 'nginx-gate.ts')])
  t.diagnostic(run.stdout)
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`)
})
