import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { NAMED_PACKAGES } from '../real/named.ts'
import { runInNamespace } from '../real/network-namespace.ts'
import { NGINX_PACKAGES } from '../real/nginx.ts'
import { ensurePackages } from '../real/packages.ts'

test('an attacker of site A is denied by site B, an innocent passes at both, lifting opens again', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root for a network namespace')
  if (!(await ensurePackages([...NGINX_PACKAGES, ...NAMED_PACKAGES, 'iproute2', 'procps'])))
    return t.skip('nginx, ModSecurity and BIND are not installed and cannot be')
  const run = runInNamespace([join(import.meta.dirname, 'closed-loop.ts')])
  t.diagnostic(`time line:\n${run.stdout}`)
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`)
})
