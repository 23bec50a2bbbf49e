/** PostgreSQL's and its driver's error codes in the house's one error language. Passwords and parameters stay out. */
import { Failure } from '../core/failure.ts'

type Known = readonly [code: string, text: string, retry: Failure['retry'], remedy: string]

const UNREACHABLE: Known = [
  'STORE_UNREACHABLE',
  'does not answer',
  'backoff',
  'Start PostgreSQL or correct host and port; ingest waits and nothing is lost.',
]

/** By SQLSTATE, by its class of two characters, or by the driver's own word. */
const KNOWN: Readonly<Record<string, Known>> = {
  ECONNREFUSED: UNREACHABLE,
  ECONNRESET: UNREACHABLE,
  EPIPE: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  CONNECT_TIMEOUT: UNREACHABLE,
  CONNECTION_CLOSED: UNREACHABLE,
  CONNECTION_DESTROYED: UNREACHABLE,
  '08': UNREACHABLE,
  '57': ['STORE_UNREACHABLE', 'is shutting down, starting up or ended our session', 'backoff', UNREACHABLE[3]],
  '53': ['STORE_BUSY', 'has no room for this session', 'backoff', 'Raise max_connections or memory of PostgreSQL.'],
  '53100': [
    'STORE_FULL',
    'cannot grow: its disk is full',
    'backoff',
    'Make room on the disk; nothing is lost meanwhile.',
  ],
  '40': ['STORE_BUSY', 'broke off because of another transaction', 'backoff', 'It is tried again by itself.'],
  '25006': ['STORE_READONLY', 'is a read-only standby', 'backoff', 'Name the primary server in the URL.'],
  '28': ['STORE_AUTH', 'refuses user or password', 'never', 'Correct user and password in the URL, or pg_hba.conf.'],
  '3D': ['STORE_UNREACHABLE', 'does not exist', 'never', 'Create it: createdb -E UTF8 NAME.'],
  '42501': ['STORE_AUTH', 'forbids what Riposte needs', 'never', 'Grant CREATE on the database to the user.'],
  XX: ['STORE_CORRUPT', 'reports damaged data', 'never', 'See the log of PostgreSQL; restore from a backup.'],
}

export const postgresFailure = (error: unknown, where: string): unknown => {
  if (error instanceof Failure || !(error instanceof Error)) return error
  const code = String((error as { code?: unknown }).code ?? '')
  if (code === 'CONNECTION_ENDED') return new Failure('STORE_CLOSED', 'the store is closed', { cause: error })
  const known = KNOWN[code] ?? (/^[0-9A-Z]{5}$/.test(code) ? KNOWN[code.slice(0, 2)] : undefined)
  if (known) {
    const [name, text, retry, remedy] = known
    return new Failure(name, `${where} ${text}`, { retry, remedy, cause: error })
  }
  return /^[0-9A-Z]{5}$/.test(code) ? new Failure('STORE_SQL', `${where}: SQLSTATE ${code}`, { cause: error }) : error
}
