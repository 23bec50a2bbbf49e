/** People's commands (decision record 2): carried out by whoever has the seat, answered in the same commit as their consequences. */
import type { Millis } from '../core/time.ts'
import type { Store } from '../kit/store.ts'
import { Batch } from '../pipeline/batch.ts'
import { carryOut } from '../pipeline/engine.ts'
import type { Rooms } from '../pipeline/rooms.ts'
import type { Config } from './config/schema.ts'
import { buildHouse } from './house.ts'

/** Puts what is pending into the batch; the caller commits. Returns how many there were. */
export const takePending = async (
  store: Pick<Store, 'pending' | 'incidents'>,
  rooms: Rooms,
  batch: Batch,
  seen: Set<number>,
): Promise<number> => {
  let taken = 0
  for (const { number, command, by, at } of await store.pending()) {
    // Answered in a batch that is not committed yet: the store still shows it as pending.
    if (seen.has(number)) continue
    seen.add(number)
    const about = command.kind === 'incident.close' || command.kind === 'incident.note' ? command.id : undefined
    const [stored] = about === undefined ? [] : await store.incidents({ id: about, limit: 1 })
    carryOut({ number, command, by, at, stored }, rooms, batch)
    taken++
  }
  return taken
}

/**
 * Without a daemon: the same engine, restored once, for as many rounds as there are commands. The caller holds the
 * seat. Each round carries out what is pending, in one commit.
 */
export const seatedEngine = async (
  store: Store,
  config: Config,
  clock: () => Millis = Date.now,
): Promise<() => Promise<void>> => {
  const at = clock()
  const restored = await store.restore()
  const { rooms, undone } = buildHouse(config, { restored, at })
  const batch = new Batch()
  batch.judged(undone)
  const seen = new Set<number>()
  return async () => {
    if ((await takePending(store, rooms, batch, seen)) > 0)
      await store.commit({ ...batch.seal(clock(), rooms.state.drain()), logTime: restored.logTime })
  }
}

/** One round of it. */
export const applyPending = async (store: Store, config: Config, clock: () => Millis = Date.now): Promise<void> =>
  (await seatedEngine(store, config, clock))()
