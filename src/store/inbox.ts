/** Commands from people, on their way to the daemon and back: durable before `ask` resolves, answered by a commit. */
import type { Command } from '../core/act.ts'
import type { Inbox } from '../kit/store.ts'
import type { Desk } from './desk.ts'
import { packText, unpackText, whole } from './packed-key.ts'

/** Commands are handed over up to so many bytes: an import's are half a megabyte each, and one commit takes them all. */
const AT_ONCE = 1 << 20

export const inboxOn = (desk: Desk): Inbox => ({
  ask: (command, by, at) =>
    desk.writeDurably(async (tx) => {
      const [row] = await tx.rows('INSERT INTO commands (at, asked_by, body) VALUES (?, ?, ?) RETURNING number', [
        whole(at),
        packText(by),
        JSON.stringify(command),
      ])
      return Number(row!['number'])
    }),
  pending: () =>
    desk.read(async (tx) => {
      const sizes = await tx.rows(
        'SELECT number, octet_length(body) AS bytes FROM commands WHERE answered_at IS NULL ORDER BY number LIMIT 1000',
      )
      let last: number | undefined
      let bytes = 0
      for (const row of sizes) {
        bytes += Number(row['bytes'])
        if (last !== undefined && bytes > AT_ONCE) break
        last = Number(row['number'])
      }
      if (last === undefined) return []
      const rows = await tx.rows(
        'SELECT number, at, asked_by, body FROM commands WHERE answered_at IS NULL AND number <= ? ORDER BY number',
        [last],
      )
      return rows.map((row) => ({
        number: Number(row['number']),
        command: JSON.parse(String(row['body'])) as Command,
        by: unpackText(String(row['asked_by'])),
        at: Number(row['at']),
      }))
    }),
  answer: (number) =>
    desk.read(async (tx) => {
      const [row] = await tx.rows('SELECT ok, answer FROM commands WHERE number = ? AND answered_at IS NOT NULL', [
        whole(number),
      ])
      return row ? { ok: row['ok'] === 1, text: unpackText(String(row['answer'])) } : undefined
    }),
})
