import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { runInNamespace } from '../real/network-namespace.ts'
import { ensurePackages } from '../real/packages.ts'
import { unpackedPackage } from '../real/unpacked.ts'

test("CrowdSec's firewall bouncer, unmodified, blocks what we decide, no more and no longer", async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root for a network namespace')
  if (!(await ensurePackages(['nftables', 'iproute2', 'procps']))) return t.skip('nftables cannot be installed')
  const folder = unpackedPackage('crowdsec-firewall-bouncer')
  if (folder === undefined) return t.skip('the package crowdsec-firewall-bouncer cannot be downloaded')
  const run = runInNamespace([join(import.meta.dirname, 'firewall-bouncer.ts'), folder])
  t.diagnostic(run.stdout)
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`)
})
