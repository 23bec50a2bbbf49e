/** What those who enforce keep: proofs, points, bouncers; and what a roster begins with. */
import { readDecision } from '../kit/decision-text.ts'
import type { Bouncer, Enforcement, PointState } from '../kit/store.ts'
import type { Desk, Row } from './desk.ts'
import { packKey, whole } from './packed-key.ts'
import * as t from './tables.ts'

const body = <T>(row: Row): T => JSON.parse(String(row['body'])) as T

const changed = (text?: unknown, at?: unknown) => ({ decision: readDecision(String(text)), changedAt: Number(at) })

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
  endedLately: (since, limit) =>
    desk.read(async (tx) =>
      (
        await tx.rows(
          `SELECT body, changed FROM decisions WHERE changed >= ? AND withdrawn_at IS NOT NULL
           ORDER BY changed DESC, id LIMIT ?`,
          [whole(since), whole(limit)],
        )
      ).map((row) => changed(row['body'], row['changed'])),
    ),
  eachHeld: (at, visit) =>
    desk.read((tx) =>
      tx.each('SELECT body, changed FROM decisions WHERE withdrawn_at IS NULL AND until > ?', [whole(at)], (values) =>
        visit(changed(...values)),
      ),
    ),
})
