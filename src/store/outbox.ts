/** From a commit to the runs that answer it: triggers, the queue of playbooks, questions to people. */
import type { Decision } from '../core/decision.ts'
import { mergedTrigger, type Trigger } from '../core/trigger.ts'
import type { Approval, Outbox, Queued } from '../kit/store.ts'
import type { Desk, Reading, Row, Writing } from './desk.ts'
import { marks, slices } from './desk.ts'
import { packKey, packText, unpackText, whole } from './packed-key.ts'

const triggerOf = (row: Row): Trigger => JSON.parse(String(row['body'])) as Trigger

const queuedOf = (row: Row): Queued => ({
  number: Number(row['number']),
  playbook: String(row['playbook']),
  about: unpackText(String(row['about'])),
  state: row['state'] as Queued['state'],
  trigger: triggerOf(row),
  merged: Number(row['merged']),
  at: Number(row['at']),
  changedAt: Number(row['changed']),
  ...(row['run'] === null ? {} : { run: String(row['run']) }),
  ...(row['trouble'] === null ? {} : { trouble: unpackText(String(row['trouble'])) }),
})

/** Value of `is_open`: decided, and the run has not looked since. */
const ANSWERED = 2

const approvalOf = (row: Row): Approval => JSON.parse(String(row['body'])) as Approval

/** Part of a commit's transaction. */
export const writeTriggers = async (tx: Writing, triggers: readonly Trigger[]): Promise<void> => {
  for (const slice of slices(triggers, 200))
    await tx.rows(
      `INSERT INTO triggers (body) VALUES ${slice.map(() => '(?)').join(', ')}`,
      slice.map((trigger) => JSON.stringify(trigger)),
    )
}

export const outboxOn = (desk: Desk): Outbox => ({
  triggered: (limit) =>
    desk.read(async (tx) =>
      (await tx.rows('SELECT number, body FROM triggers ORDER BY number LIMIT ?', [whole(limit)])).map((row) => ({
        number: Number(row['number']),
        trigger: triggerOf(row),
      })),
    ),

  enqueue: (done, entries, at) =>
    desk.write(async (tx) => {
      for (const slice of slices(done))
        await tx.rows(`DELETE FROM triggers WHERE number IN (${marks(slice.length)})`, [...slice])
      for (const { playbook, about, coalesce, trigger } of entries) {
        const [waiting] = coalesce
          ? await tx.rows(
              `SELECT number, body FROM queue WHERE playbook = ? AND about = ? AND state = 'waiting' ORDER BY number LIMIT 1`,
              [playbook, packText(about)],
            )
          : []
        const merged = waiting
          ? await tx.rows(
              `UPDATE queue SET merged = merged + 1, changed = ?, body = ? WHERE number = ? AND state = 'waiting' RETURNING number`,
              [
                whole(at),
                JSON.stringify(mergedTrigger(JSON.parse(String(waiting['body'])) as Trigger, trigger)),
                Number(waiting['number']),
              ],
            )
          : []
        if (merged.length === 0)
          await tx.rows(
            `INSERT INTO queue (playbook, about, state, merged, at, changed, body) VALUES (?, ?, 'waiting', 1, ?, ?, ?)`,
            [playbook, packText(about), whole(at), whole(at), JSON.stringify(trigger)],
          )
      }
    }),

  // Asked every second: nothing is written where nothing has ended.
  async expire(now) {
    const isDue = await desk.read(async (tx) => {
      const since = await expiredUntil(tx)
      return since === undefined || (await tx.rows(`${ENDED} LIMIT 1`, [since, whole(now)])).length > 0
    })
    if (!isDue) return 0
    return desk.write(async (tx) => {
      const since = await expiredUntil(tx)
      await tx.rows('UPDATE ledger SET expired_until = ?', [whole(now)])
      if (since === undefined) return 0
      const rows = await tx.rows(`${ENDED} ORDER BY until LIMIT 10000`, [since, whole(now)])
      const triggers = rows.flatMap((row) => expiry(JSON.parse(String(row['body'])) as Decision))
      await writeTriggers(tx, triggers)
      return triggers.length
    })
  },

  startable: (limit, except = []) =>
    desk.read(async (tx) =>
      (
        await tx.rows(
          `SELECT * FROM queue AS q WHERE state = 'waiting'
             ${except.length > 0 ? `AND playbook NOT IN (${marks(except.length)})` : ''} AND NOT EXISTS (
             SELECT 1 FROM queue AS o WHERE o.playbook = q.playbook AND o.about = q.about
               AND (o.state = 'running' OR (o.state = 'waiting' AND o.number < q.number)))
           ORDER BY number LIMIT ?`,
          [...except, whole(limit)],
        )
      ).map(queuedOf),
    ),

  underWay: () =>
    desk.read(async (tx) =>
      Number((await tx.rows(`SELECT count(*) AS n FROM queue WHERE state = 'running'`))[0]?.['n']),
    ),

  queued: ({ state, runs, number, limit }) =>
    desk.read(async (tx) => {
      if (runs?.length === 0) return []
      const where = [
        ...(state ? ['state = ?'] : []),
        ...(runs ? [`run IN (${marks(runs.length)})`] : []),
        ...(number === undefined ? [] : ['number = ?']),
      ]
      const params = [...(state ? [state] : []), ...(runs ?? []), ...(number === undefined ? [] : [whole(number)])]
      return (
        await tx.rows(
          `SELECT * FROM queue ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY number LIMIT ?`,
          [...params, whole(limit)],
        )
      ).map(queuedOf)
    }),

  requeue: (queued) =>
    desk.write(async (tx) => {
      for (const { number, state, run, trouble, trigger, changedAt } of queued)
        await tx.rows('UPDATE queue SET state = ?, run = ?, trouble = ?, body = ?, changed = ? WHERE number = ?', [
          state,
          run ?? null,
          trouble === undefined ? null : packText(trouble),
          JSON.stringify(trigger),
          whole(changedAt),
          whole(number),
        ])
    }),

  dequeue: (numbers) =>
    desk.write(async (tx) => {
      let gone = 0
      for (const slice of slices(numbers))
        gone += (
          await tx.rows(`DELETE FROM queue WHERE number IN (${marks(slice.length)}) RETURNING number`, [...slice])
        ).length
      return gone
    }),

  putApproval: (approval) =>
    desk.writeDurably(async (tx) => {
      await tx.rows(
        'INSERT INTO approvals (id, run, is_open, expires_at, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
        [packKey(approval.id), packKey(approval.run), 1, whole(approval.expiresAt), JSON.stringify(approval)],
      )
    }),

  vote: (id, by, approve, at) =>
    desk.writeDurably(async (tx) => {
      const [row] = await tx.rows('SELECT body FROM approvals WHERE id = ? AND is_open = 1', [packKey(id)])
      if (!row) return undefined
      const approval = approvalOf(row)
      if (approval.expiresAt <= at || approval.votes.some((vote) => vote.by === by)) return undefined
      const votes = [...approval.votes, { by, approve, at }]
      const approved = votes.filter((vote) => vote.approve).length >= approval.quorum
      // One "no" is enough: whoever is asked for a quorum wants all of them to agree.
      const outcome = !approve ? 'rejected' : approved ? 'approved' : undefined
      const next: Approval = { ...approval, votes, ...(outcome ? { outcome } : {}) }
      await tx.rows('UPDATE approvals SET body = ?, is_open = ? WHERE id = ?', [
        JSON.stringify(next),
        outcome ? ANSWERED : 1,
        packKey(id),
      ])
      return next
    }),

  settleApproval: (id, outcome) =>
    desk.writeDurably(async (tx) => {
      const [row] = await tx.rows('SELECT body FROM approvals WHERE id = ?', [packKey(id)])
      if (!row) return undefined
      const approval = approvalOf(row)
      if (approval.outcome) return approval
      const settled: Approval = { ...approval, outcome }
      await tx.rows('UPDATE approvals SET body = ?, is_open = 0 WHERE id = ?', [JSON.stringify(settled), packKey(id)])
      return settled
    }),

  answered: (limit) =>
    desk.read(async (tx) =>
      (await tx.rows('SELECT body FROM approvals WHERE is_open = ? LIMIT ?', [ANSWERED, whole(limit)])).map(approvalOf),
    ),

  heard: (id) =>
    desk.write(async (tx) => {
      await tx.rows('UPDATE approvals SET is_open = 0 WHERE id = ? AND is_open = ?', [packKey(id), ANSWERED])
    }),

  trimApprovals: (before) =>
    desk.write(async (tx) => {
      await tx.rows('DELETE FROM approvals WHERE expires_at < ?', [whole(before)])
    }),

  approvals: ({ id, run, openAt, limit }) =>
    desk.read(async (tx) => {
      const where = [
        ...(id === undefined ? [] : ['id = ?']),
        ...(run === undefined ? [] : ['run = ?']),
        ...(openAt === undefined ? [] : ['is_open = 1 AND expires_at > ?']),
      ]
      const params = [
        ...(id === undefined ? [] : [packKey(id)]),
        ...(run === undefined ? [] : [packKey(run)]),
        ...(openAt === undefined ? [] : [whole(openAt)]),
      ]
      return (
        await tx.rows(
          `SELECT body FROM approvals ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY expires_at, id LIMIT ?`,
          [...params, whole(limit)],
        )
      ).map(approvalOf)
    }),
})

const ENDED = 'SELECT body FROM decisions WHERE withdrawn_at IS NULL AND until > ? AND until <= ?'

/** Undefined before anybody asked. */
const expiredUntil = async (tx: Reading): Promise<number | undefined> => {
  const [ledger] = await tx.rows('SELECT expired_until FROM ledger')
  const until = ledger?.['expired_until']
  return until === null || until === undefined ? undefined : Number(until)
}

const expiry = (decision: Decision): readonly Trigger[] => {
  const { id, origin, type, value, until } = decision
  if (origin === 'canary' || origin.startsWith('feed:') || decision.simulated) return []
  return [{ kind: 'decision.expired', at: until, severity: 'info', subject: value, decision: id, type }]
}
