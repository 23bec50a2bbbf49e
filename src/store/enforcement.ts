/** What those who enforce keep: proofs, points, bouncers; and the decisions in the order in which they changed. */
import type { Decision } from '../core/decision.ts'
import type { Bouncer, Enforcement, PointState } from '../kit/store.ts'
import type { Desk, Row } from './desk.ts'
import { packKey, whole } from './packed-key.ts'
import * as t from './tables.ts'

const body = <T>(row: Row): T => JSON.parse(String(row['body'])) as T

/** Rows that are read at once while all of them are gone through. */
const PAGE = 5000

const changedRow = (row: Row) => ({ decision: body<Decision>(row), changedAt: Number(row['changed']) })

export const enforcementOn = (desk: Desk): Enforcement => ({
  async prove(proofs) {
    const rows = [...new Map(proofs.map((p) => [`${p.decision} ${p.point} ${p.act}`, p])).values()]
    if (rows.length > 0) await desk.write((tx) => tx.put(t.PROOFS, rows.map(t.proofRow)))
  },
  proofs: (decision) =>
    desk.read(async (tx) =>
      (
        await tx.rows('SELECT * FROM proofs WHERE decision = ? ORDER BY act, requested_at, point', [packKey(decision)])
      ).map(t.readProof),
    ),
  putPoints: (points) =>
    desk.write(async (tx) => {
      await tx.rows('DELETE FROM points')
      await tx.put(t.POINTS, points.map(t.pointRow))
    }),
  points: () => desk.read(async (tx) => (await tx.rows('SELECT body FROM points ORDER BY name')).map(body<PointState>)),
  putBouncers: (bouncers) => desk.writeDurably((tx) => tx.put(t.BOUNCERS, bouncers.map(t.bouncerRow))),
  updateBouncers: (bouncers) =>
    desk.write(async (tx) => {
      for (const b of bouncers)
        await tx.rows('UPDATE bouncers SET body = ? WHERE name = ? AND key_hash = ?', [
          JSON.stringify(b),
          packKey(b.name),
          b.keyHash,
        ])
    }),
  removeBouncer: (name) =>
    desk.writeDurably(async (tx) => {
      const gone = await tx.rows('DELETE FROM bouncers WHERE name = ? RETURNING name', [packKey(name)])
      return gone.length > 0
    }),
  bouncers: () =>
    desk.read(async (tx) => (await tx.rows('SELECT body FROM bouncers ORDER BY name')).map(body<Bouncer>)),
  changed: (since, limit) =>
    desk.read(async (tx) =>
      (
        await tx.rows('SELECT body, changed FROM decisions WHERE changed >= ? ORDER BY changed, id LIMIT ?', [
          whole(since),
          whole(limit),
        ])
      ).map(changedRow),
    ),
  async eachHeld(at, visit) {
    // By id, page after page: a million rows at once would be a gigabyte, and a commit waits for one page at most.
    for (let after = ''; ; ) {
      const rows = await desk.read((tx) =>
        tx.rows(
          `SELECT id, body, changed FROM decisions
           WHERE id > ? AND withdrawn_at IS NULL AND until > ? ORDER BY id LIMIT ${PAGE}`,
          [after, whole(at)],
        ),
      )
      for (const row of rows) visit(changedRow(row))
      if (rows.length < PAGE) return
      after = String(rows.at(-1)!['id'])
    }
  },
})
