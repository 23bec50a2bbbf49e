/**
 * Mode `update`: changes go to BIND as they come. In: the hub's changes. Out: signed updates. Promised: a snapshot sends
 * only what BIND does not hold already, as read from it; a zone that is not as we left it is found with the next update,
 * and with every audit, and made right.
 */
import type { Millis } from '../../core/time.ts'
import type { Context } from '../../kit/connector.ts'
import type { Call, Sink } from '../../kit/sink.ts'
import { type Stream, withStream } from './stream.ts'
import { type Asker, askSerial, transfer } from './transfer.ts'
import { type Changes, update } from './updater.ts'
import type { ZoneList } from './zone-list.ts'

export interface UpdateOptions {
  readonly list: ZoneList
  readonly asker: Asker
  connect(signal: AbortSignal): Promise<Stream>
  readonly clock: () => Millis
  doubt: Context['doubt']
}

export const openUpdates = (o: UpdateOptions): Pick<Sink, 'sync' | 'held' | 'report'> => {
  const { list, asker, clock } = o
  let last: Promise<unknown> = Promise.resolve()
  let mark: string | undefined
  /** The serial at which BIND was last seen to hold the list, and nothing was sent since. */
  let settled: number | undefined
  /** An update was given up without an answer: it may arrive yet. */
  let isOwed = false
  let sent = 0

  const send = async (stream: Stream, changes: Changes): Promise<void> => {
    settled = undefined
    isOwed = true
    mark = await update(stream, changes, mark, asker)
    isOwed = false
    sent += changes.size
  }

  /** One after the other: a zone that is compared while it is being changed is never as it should be. */
  const withServer = <T>({ signal }: Call, work: (stream: Stream) => Promise<T>): Promise<T> => {
    const next = last.then(() => withStream(o.connect(signal), work))
    last = next.catch(() => undefined)
    return next
  }

  return {
    sync: (change, call) =>
      withServer(call, async (stream) => {
        if (change.kind === 'delta') {
          const changes = list.change(change, clock())
          if (changes.size > 0) await send(stream, changes)
          return
        }
        list.replace(change)
        const held = await transfer(stream, asker)
        mark = held.mark
        const changes = list.difference(held.names, clock())
        // With a new mark, an update that arrives late finds a zone that it does not fit any more.
        if (changes.size > 0 || mark === undefined || isOwed) await send(stream, changes)
      }),
    held: (call) =>
      withServer(call, async (stream) => {
        if (settled !== undefined && (await askSerial(stream, asker)) === settled) return list.values()
        const held = await transfer(stream, asker)
        const { values, isOdd, isEqual } = list.compare(held.names, clock())
        if (held.mark !== mark) o.doubt('its zone is not as we left it')
        else if (isOdd) o.doubt('its zone holds what no entry stands for')
        else if (isEqual) settled = held.serial
        return values
      }),
    async report() {
      return { 'names sent': sent }
    },
  }
}
