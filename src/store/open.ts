/**
 * The store: what is worth keeping, in one SQLite file or one PostgreSQL database.
 *
 * In: commits (one transaction each), commands from people, questions. Out: what a daemon goes on with after any kind
 * of end, and answers.
 *
 * Promises: a commit is all or nothing, with the cursors of what it came from; an event is stored once; at most one
 * decision holds per scope and value; the audit trail shows tampering; one daemon per database; whatever clients put
 * into a log (NUL, lone surrogates, megabytes) is kept exactly up to EVENT_LIMITS; what is broken is a Failure with a
 * STORE_ code, and neither a damaged nor a foreign database is written to.
 *
 * Both engines run the same SQL from the same code; `sqlite-*.ts` and `postgres-*.ts` hold only what differs.
 */
import { Failure } from '../core/failure.ts'
import type { Store } from '../kit/store.ts'
import { archiveOn } from './archive.ts'
import { committer, type Seat } from './commit.ts'
import type { Desk } from './desk.ts'
import { enforcementOn } from './enforcement.ts'
import { inboxOn } from './inbox.ts'
import { outboxOn } from './outbox.ts'
import { openPostgresDesk } from './postgres-desk.ts'
import { restorer } from './restore.ts'
import { retentionOn } from './retention.ts'
import { openSqliteDesk } from './sqlite-desk.ts'

/**
 * Opens `sqlite:/path/riposte.db`, a plain path, `sqlite::memory:` or `postgres://user@host/database`, makes or
 * migrates what is there. Throws a Failure: STORE_URL, STORE_PATH, STORE_CORRUPT, STORE_FOREIGN, STORE_NEWER,
 * STORE_UNREACHABLE, STORE_FULL and the like.
 */
export const openStore = async (url: string): Promise<Store> => storeOn(await openDesk(url))

const openDesk = (url: string): Promise<Desk> => {
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgresDesk(url)
  const path = url.replace(/^sqlite:(\/\/(?=\/))?/, '')
  if (path === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(path))
    throw new Failure('STORE_URL', 'the store must be a path, sqlite:PATH, sqlite::memory: or postgres://…', {
      remedy: 'Write for example sqlite:/var/lib/riposte/riposte.db.',
    })
  return openSqliteDesk(path)
}

const storeOn = (desk: Desk): Store => {
  const seat: Seat = { number: undefined }
  return {
    restore: restorer(desk),
    commit: committer(desk, seat),
    ...inboxOn(desk),
    ...archiveOn(desk),
    ...enforcementOn(desk),
    ...outboxOn(desk),
    ...retentionOn(desk),
    async claim() {
      if (!(await desk.lock())) return false
      // The number tells a daemon that lost its lock with its connection that another one has been here since.
      if (seat.number === undefined)
        seat.number = await desk.write(async (tx) => {
          const [row] = await tx.rows('UPDATE ledger SET seat = seat + 1 RETURNING seat')
          return Number(row!['seat'])
        })
      return true
    },
    close: () => desk.close(),
  }
}
