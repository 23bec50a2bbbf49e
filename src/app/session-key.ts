/**
 * The key of the session hashes. It is made once per state and committed with it: hashes must not be comparable between
 * installations, but must stay the same over a restart, or every visitor would look like a new session.
 */
import { randomBytes } from 'node:crypto'
import type { StateSpace } from '../kit/state.ts'

/** Beyond any log time, and a safe integer for every store. */
const NEVER = 8_640_000_000_000_000

export const INSTALLATION = 'installation'

export const sessionKey = (state: StateSpace): string => {
  const table = state.table<string>(INSTALLATION)
  const known = table.get('session-key', 0)
  if (known !== undefined) return known
  const fresh = randomBytes(16).toString('base64url')
  table.put('session-key', fresh, NEVER)
  return fresh
}
