/** Says in the log that somebody came without a valid key: a bouncer that was set up wrongly, or a stranger. Never the key. */
import { MINUTE, type Millis } from '../../core/time.ts'
import type { Logger } from '../../kit/logger.ts'

/** Addresses that are remembered, so that none fills the log; of more, the longest known may be told of again. */
const MOST = 1000
const EVERY: Millis = MINUTE

export const createComplaint = (log: Logger, clock: () => Millis): ((address: string, agent: string) => void) => {
  const toldAt = new Map<string, Millis>()
  return (address, agent) => {
    const now = clock()
    const last = toldAt.get(address)
    if (last !== undefined && now - last < EVERY) return
    toldAt.delete(address)
    if (toldAt.size >= MOST) toldAt.delete(toldAt.keys().next().value!)
    toldAt.set(address, now)
    log.warn({ address, agent: agent.slice(0, 100) }, 'a bouncer without a valid key was refused')
  }
}
