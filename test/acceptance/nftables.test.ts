import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { runInNamespace } from '../real/network-namespace.ts'
import { ensurePackages } from '../real/packages.ts'

test('real packets meet real nftables: attackers are cut off, innocents pass, nothing leaves a gap', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root for a network namespace')
  if (!(await ensurePackages(['nftables', 'iproute2', 'procps']))) return t.skip('nftables cannot be installed')
  const run = runInNamespace([join(import.meta.dirname, 'nftables.ts')])
  t.diagnostic(run.stdout)
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`)
})
