/**
 * A process of its own for the store's contract suite: two starters at once, two daemons at once, and one that is
 * killed while it commits. Usage: node store-child.ts open|claim|commit URL [FIRST]
 */
import { Failure } from '../../src/core/failure.ts'
import { openStore } from '../../src/store/open.ts'
import { commitOf, eventOf, tallyOf } from './store-values.ts'

const [mode = '', url = '', first = '0'] = process.argv.slice(2)
const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

export const EVENTS_PER_COMMIT = 40

const SOURCE = 'file:/var/log/modsec_audit.log'

/** Commit number `n` says `n` in every table, so that half a commit cannot go unnoticed. */
const numbered = (n: number) =>
  commitOf({
    logTime: n,
    cursors: [{ source: SOURCE, stream: 'one', offset: n, facts: {} }],
    events: Array.from({ length: EVENTS_PER_COMMIT }, (_, i) => eventOf(n * EVENTS_PER_COMMIT + i)),
    state: [{ table: 'crash', key: 'n', value: String(n), expiresAt: 1 }],
    tallies: [tallyOf({ bytes: 1, events: EVENTS_PER_COMMIT, rejected: { JSON_INVALID: 1 } })],
    acts: [{ at: n, actor: 'engine', verb: 'test.commit', subject: String(n), detail: {} }],
  })

const main = async (): Promise<void> => {
  const store = await openStore(url)
  if (mode === 'open') say(`schema ${(await store.status()).schema}`)
  if (mode === 'claim') {
    say(String(await store.claim()))
    await new Promise((resolve) => process.stdin.once('end', resolve).resume())
  }
  if (mode === 'commit')
    for (let n = Number(first); ; n++) {
      await store.commit(numbered(n))
      if (n === Number(first)) say('started')
    }
  await store.close()
}

if (import.meta.main)
  main().catch((error: unknown) => {
    say(error instanceof Failure ? `${error.code} ${error.message}` : String(error))
    process.exitCode = 1
  })
