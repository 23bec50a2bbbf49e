/** Where a decision is in force: per enforcement point requested → applied → verified, with the times in between. */
import type { Millis } from '../../core/time.ts'
import type { PointState, Proof } from '../../kit/store.ts'
import type { WhyPage } from './decision-screen.ts'
import type { Screen } from './layout.ts'
import { table } from './table.ts'
import { clock, relative } from './time.ts'

/** `+12 ms`, `+3.4 s`. */
const after = (from: Millis, to: Millis | undefined): string => {
  if (to === undefined) return '…'
  const millis = Math.max(0, to - from)
  return millis < 1000 ? `+${millis} ms` : `+${(millis / 1000).toFixed(1)} s`
}

export const proofLines = (page: WhyPage, screen: Screen, now: Millis): readonly string[] => {
  const { decision, proofs, points } = page
  const c = screen.colours
  if (decision.simulated || (proofs.length === 0 && points.length === 0)) return []
  const title = ['', c.bold('Enforcement')]
  if (proofs.length === 0) return [...title, ...points.map((point) => `  ${asSet(point, decision.startsAt, now)}`)]
  const rows = proofs.map((proof) => [
    proof.act === 'block' ? proof.point : { text: `${proof.point} (lifted)`, paint: c.dim },
    clock(proof.requestedAt),
    after(proof.requestedAt, proof.appliedAt),
    {
      text: after(proof.requestedAt, proof.verifiedAt),
      paint: proof.verifiedAt === undefined ? c.yellow : c.green,
    },
    note(proof, points),
  ])
  const columns = [
    { header: 'POINT', min: 12 },
    { header: 'REQUESTED' },
    { header: 'APPLIED' },
    { header: 'VERIFIED' },
    { header: 'NOTE', min: 8 },
  ]
  return [...title, ...table(columns, rows, { width: screen.width, colours: c }).map((line) => `  ${line}`)]
}

/** A daemon that died before its proof was written proves the decision later with its whole set. */
const note = ({ point, requestedAt, verifiedAt, trouble }: Proof, points: readonly PointState[]): string => {
  if (verifiedAt !== undefined) return ''
  if (trouble !== undefined) return trouble
  const state = points.find(({ name }) => name === point)
  return state?.state === 'steady' && (state.appliedAt ?? 0) > requestedAt ? 'with the whole set' : ''
}

/** Entries of lists, and those from before a restart, are proved with all the others of their point. */
const asSet = ({ name, wanted, appliedAt, auditedAt }: PointState, since: Millis, now: Millis): string => {
  const applied = appliedAt === undefined ? 'not yet' : relative(appliedAt, now)
  const verified = auditedAt !== undefined && auditedAt >= since ? `, verified ${relative(auditedAt, now)}` : ''
  return `${name}: in the set of ${wanted}, applied ${applied}${verified}`
}
