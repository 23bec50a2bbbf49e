/**
 * What a daemon goes on with. State rows come back as they were committed, dead ones too: a daemon that was never
 * killed still holds those that its last sweep left, and must not differ from one that was. For the same reason all
 * decisions come that hold their place, over or not: `holds` ends when the rooms forget, in the commit in which they do.
 */
import type { AllowEntry } from '../core/act.ts'
import type { Incident } from '../core/alert.ts'
import type { Finding } from '../core/finding.ts'
import { DecisionTable } from '../kit/decision-table.ts'
import type { Cursor } from '../kit/source.ts'
import type { Ledger } from '../kit/store.ts'
import type { Desk, Reading, Row } from './desk.ts'
import { readState } from './tables.ts'

const body = <T>(row: Row): T => JSON.parse(String(row['body'])) as T

const heldDecisions = async (tx: Reading): Promise<DecisionTable> => {
  const [held] = await tx.rows('SELECT count(*) AS count FROM decisions WHERE holds IS NOT NULL')
  const table = new DecisionTable(Number(held!['count']))
  // By their end: a list's entries were written in that order, so they are read from one page after the other.
  await tx.each('SELECT body FROM decisions WHERE holds IS NOT NULL ORDER BY until', [], ([body]) =>
    table.putText(String(body)),
  )
  return table
}

export const restorer =
  (desk: Desk): Ledger['restore'] =>
  () =>
    desk.read(async (tx) => {
      const [ledger] = await tx.rows('SELECT log_time FROM ledger')
      return {
        logTime: Number(ledger!['log_time']),
        cursors: (await tx.rows('SELECT body FROM cursors ORDER BY touched')).map(body<Cursor>),
        state: (await tx.rows('SELECT room, slot, body, expires_at FROM state ORDER BY room, slot')).map(readState),
        decisions: await heldDecisions(tx),
        incidents: (await tx.rows('SELECT body FROM incidents WHERE is_open = 1 ORDER BY opened_at, id')).map(
          body<Incident>,
        ),
        allowlist: (await tx.rows('SELECT body FROM allowlist ORDER BY value')).map(body<AllowEntry>),
        findings: (await tx.rows('SELECT body FROM findings ORDER BY code, subject')).map(body<Finding>),
      }
    })
