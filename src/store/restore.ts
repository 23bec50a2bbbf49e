/**
 * What a daemon goes on with. State rows come back as they were committed, dead ones too: a daemon that was never
 * killed still holds those that its last sweep left, and must not differ from one that was.
 */
import type { AllowEntry } from '../core/act.ts'
import type { Incident } from '../core/alert.ts'
import type { Decision } from '../core/decision.ts'
import type { Finding } from '../core/finding.ts'
import type { Cursor } from '../kit/source.ts'
import type { Ledger } from '../kit/store.ts'
import type { Desk, Row } from './desk.ts'
import { whole } from './packed-key.ts'
import { readState } from './tables.ts'

const body = <T>(row: Row): T => JSON.parse(String(row['body'])) as T

export const restorer =
  (desk: Desk): Ledger['restore'] =>
  (at) =>
    desk.read(async (tx) => {
      const [ledger] = await tx.rows('SELECT log_time FROM ledger')
      const logTime = Number(ledger!['log_time'])
      const decisions = await tx.rows('SELECT body FROM decisions WHERE until > ?', [Math.max(logTime, whole(at))])
      return {
        logTime,
        cursors: (await tx.rows('SELECT body FROM cursors ORDER BY touched')).map(body<Cursor>),
        state: (await tx.rows('SELECT room, slot, body, expires_at FROM state ORDER BY room, slot')).map(readState),
        decisions: decisions.map(body<Decision>),
        incidents: (await tx.rows('SELECT body FROM incidents WHERE is_open = 1 ORDER BY opened_at, id')).map(
          body<Incident>,
        ),
        allowlist: (await tx.rows('SELECT body FROM allowlist ORDER BY value')).map(body<AllowEntry>),
        findings: (await tx.rows('SELECT body FROM findings ORDER BY code, subject')).map(body<Finding>),
      }
    })
