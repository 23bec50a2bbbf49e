import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DENYING_PACKAGES } from '../real/denying-servers.ts'
import { LISTING_PACKAGES } from '../real/listing-servers.ts'
import { runInNamespace } from '../real/network-namespace.ts'
import { ensurePackages } from '../real/packages.ts'

test('all points agree with a model under random changes, restarts and mischief; the spared are denied nowhere', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root for a network namespace')
  if (!(await ensurePackages([...DENYING_PACKAGES, ...LISTING_PACKAGES, 'nftables', 'iproute2', 'procps'])))
    return t.skip('the servers are not installed and cannot be')
  const run = runInNamespace([join(import.meta.dirname, 'every-point.ts')])
  t.diagnostic(run.stdout)
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`)
})
