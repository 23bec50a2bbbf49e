/** Carries changes to BIND: few large messages, one after the other, each of them whole or not at all. */
import { randomInt } from 'node:crypto'
import { Failure } from '../../core/failure.ts'
import { signMessage } from '../../dns/tsig.ts'
import { type Holding, UpdateMessage } from '../../dns/update.ts'
import { nameToWire, RCODE } from '../../dns/wire.ts'
import { readAnswer, refusal } from './answers.ts'
import { MARK, newMark } from './mark.ts'
import type { Stream } from './stream.ts'
import type { Asker } from './transfer.ts'

/** What each name is to hold from now on; undefined: nothing. */
export type Changes = ReadonlyMap<string, Holding | undefined>

const WHAT = 'an update of'

const exchange = async (stream: Stream, id: number, message: UpdateMessage, asker: Asker): Promise<number> => {
  const { zone, key, clock } = asker
  const signed = signMessage(message.finish(), key!, { now: clock() })
  stream.send(signed.message)
  return readAnswer(await stream.read(), { id, zone, key, mac: signed.mac, now: clock(), what: WHAT }).rcode
}

/** `mark`: the one that the zone is believed to have. Returns the one that it has then. Throws a Failure; how far it got is not known. */
export const update = async (
  stream: Stream,
  changes: Changes,
  mark: string | undefined,
  asker: Asker,
): Promise<string> => {
  const zone = nameToWire(asker.zone)!
  const waiting = changes[Symbol.iterator]()
  let expected = mark
  for (let next = waiting.next(); ; ) {
    const id = randomInt(65_536)
    const message = new UpdateMessage(id, zone)
    const following = newMark()
    message.expectText(MARK, expected)
    for (; !next.done && !message.isFull; next = waiting.next()) message.replace(...next.value)
    message.replaceText(MARK, following)
    const rcode = await exchange(stream, id, message, asker)
    if (rcode === RCODE.NXRRSET || rcode === RCODE.YXRRSET)
      throw new Failure(
        'BIND_MARK',
        `${asker.zone} is not as we left it: somebody else changed it, or it is an older one`,
        {
          retry: 'backoff',
          remedy: 'It is compared and repaired now. If this comes again, see who else sends updates for it.',
        },
      )
    if (rcode !== RCODE.NOERROR) throw refusal(rcode, asker.zone, WHAT)
    expected = following
    if (next.done) return following
  }
}

/** Whether BIND would take updates: asks it to remove a name that there is not. */
export const tryUpdate = async (stream: Stream, asker: Asker): Promise<void> => {
  const id = randomInt(65_536)
  const message = new UpdateMessage(id, nameToWire(asker.zone)!)
  message.replace(`_${newMark()}`, undefined)
  const rcode = await exchange(stream, id, message, asker)
  if (rcode !== RCODE.NOERROR) throw refusal(rcode, asker.zone, WHAT)
}
