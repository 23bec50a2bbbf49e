/** A report printed by a real Chromium: one incident, from the recording to the PDF. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writtenReport } from '../../src/app/incident-report.ts'
import { caseFixture } from '../../src/kit/sample-case.ts'
import { ensurePackages } from '../real/packages.ts'

test('a report becomes a PDF', async (t) => {
  if (!(await ensurePackages(['chromium']))) return t.skip('chromium is not installed and cannot be')
  const pdf = (await writtenReport({ case: caseFixture(), proofs: [], acts: [], runs: [], madeAt: 0 }, 'pdf')) as Buffer
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
  assert.ok(pdf.length > 10_000)
})
