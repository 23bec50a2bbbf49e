/** What the engine would answer: the same rooms on the same state, and no commit at the end. */
import type { Command } from '../../core/act.ts'
import type { Millis } from '../../core/time.ts'
import type { Store } from '../../kit/store.ts'
import { Batch } from '../../pipeline/batch.ts'
import { carryOut } from '../../pipeline/engine.ts'
import type { Config } from '../config/schema.ts'
import { buildHouse } from '../house.ts'

/** `store` is absent where there is no state yet. */
export const rehearse = async (
  store: Pick<Store, 'restore'> | undefined,
  config: Config,
  now: Millis,
): Promise<(command: Command, by: string) => string> => {
  const restored = await store?.restore()
  const { rooms } = buildHouse(config, restored ? { restored, at: now } : { at: now })
  return (command, by) => {
    const batch = new Batch()
    carryOut({ number: 0, command, by, at: now }, rooms, batch)
    rooms.state.drain()
    return batch.seal(now, []).answers[0]!.text
  }
}
