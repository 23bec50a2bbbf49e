/** SQLite's result codes in the house's one error language. */
import { Failure } from '../core/failure.ts'

const REMEDIES: Readonly<
  Record<number, readonly [code: string, text: string, retry: Failure['retry'], remedy: string]>
> = {
  5: ['STORE_BUSY', 'is locked by another process', 'backoff', 'Find out who holds it with: fuser FILE.'],
  6: ['STORE_BUSY', 'is locked by another process', 'backoff', 'Find out who holds it with: fuser FILE.'],
  8: ['STORE_READONLY', 'cannot be written', 'never', 'Make file and folder writable for the user that runs Riposte.'],
  10: ['STORE_IO', 'cannot be read or written', 'backoff', 'Look for disk errors and a full disk: dmesg, df.'],
  11: ['STORE_CORRUPT', 'is damaged', 'never', ''],
  13: ['STORE_FULL', 'cannot grow: the disk is full', 'backoff', 'Make room on the disk; nothing is lost meanwhile.'],
  14: [
    'STORE_PATH',
    'cannot be opened',
    'never',
    'Make its folder exist and be writable for the user that runs Riposte.',
  ],
  26: ['STORE_CORRUPT', 'is no SQLite database', 'never', ''],
}

/** Leaves the file for whoever can still read it: nothing here deletes or overwrites. */
const RESCUE =
  'Stop Riposte and move the file with its -wal and -shm away, keeping them; then restore a backup, or start afresh and let it read the logs again.'

export const sqliteFailure = (error: unknown, path: string): unknown => {
  if (error instanceof Failure || !(error instanceof Error)) return error
  const { code, errcode } = error as { code?: string; errcode?: number }
  if (code === 'ERR_INVALID_STATE') return new Failure('STORE_CLOSED', 'the store is closed', { cause: error })
  if (code !== 'ERR_SQLITE_ERROR' || errcode === undefined) return error
  const known = REMEDIES[errcode & 0xff]
  if (!known) return new Failure('STORE_SQL', `${path}: SQLite error ${errcode}`, { cause: error })
  const [name, text, retry, remedy] = known
  return new Failure(name, `${path} ${text}`, { retry, remedy: (remedy || RESCUE).replace('FILE', path), cause: error })
}
