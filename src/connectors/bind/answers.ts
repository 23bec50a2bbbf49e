/** What an answer of BIND means for us: nothing, or a Failure that says what to do. */
import { Failure } from '../../core/failure.ts'
import type { Millis } from '../../core/time.ts'
import { TSIG_ERROR, type TsigKey, tsigComplaint, verifyMessage } from '../../dns/tsig.ts'
import { HEADER, RCODE } from '../../dns/wire.ts'

export interface Question {
  readonly id: number
  readonly zone: string
  readonly key: TsigKey | undefined
  /** Of our question, or of the message before in a stream of answers. */
  readonly mac?: Buffer
  readonly timersOnly?: boolean
  readonly now: Millis
  /** What was asked for, as it stands in messages: `an update of`. */
  readonly what: string
}

export interface Answer {
  /** Without its signature. */
  readonly message: Buffer
  readonly rcode: number
  readonly mac?: Buffer
}

const failure = (code: string, message: string, remedy: string, retry: Failure['retry'] = 'never'): Failure =>
  new Failure(code, message, { retry, remedy })

/** The answer, when it is one and its signature holds. Throws a Failure otherwise, and for what is wrong with our key or clock. */
export const readAnswer = (message: Buffer, question: Question): Answer => {
  const { id, zone, key, mac, now, what } = question
  if (message.length < HEADER || message.readUInt16BE(0) !== id || (message[2]! & 0x80) === 0)
    throw failure('BIND_ANSWER', `what answers for ${zone} does not speak DNS`, 'Correct server.', 'backoff')
  const rcode = message[3]! & 15
  if (!key) return { message, rcode }
  // Believed without a proof: all that it can do is fail, and BIND itself cannot sign that it lacks our key.
  const complaint = tsigComplaint(message)
  if (rcode === RCODE.NOTAUTH && complaint) throw keyFailure(complaint, question)
  const verified = verifyMessage(message, [key], {
    now,
    ...(mac ? { requestMac: mac } : {}),
    ...(question.timersOnly ? { timersOnly: true } : {}),
  })
  if (verified.kind === 'ok') return { message: verified.message, rcode, mac: verified.mac }
  // Who refuses us need not have our key; anything else without a signature may come from anybody.
  if (verified.kind === 'unsigned' && rcode !== RCODE.NOERROR) throw refusal(rcode, zone, what)
  throw failure(
    'BIND_FORGED',
    `the answer to ${what} ${zone} is not signed with the key ${key.name}`,
    'See that server is the BIND which has the key; somebody between may have changed the answer.',
    'backoff',
  )
}

const keyFailure = (complaint: { error: number; clock?: Millis }, { key, zone, now }: Question): Failure => {
  const name = key!.name
  if (complaint.error === TSIG_ERROR.BADKEY)
    return failure(
      'BIND_KEY',
      `BIND knows no key ${name} (${key!.algorithm})`,
      `Put the key with this name and algorithm into named.conf, or correct key.`,
    )
  if (complaint.error === TSIG_ERROR.BADSIG)
    return failure(
      'BIND_KEY',
      `BIND has another secret for the key ${name}`,
      'Give key.secret as it stands in named.conf.',
    )
  const apart = complaint.clock === undefined ? undefined : Math.round((complaint.clock - now) / 1000)
  const by =
    apart === undefined ? 'more than 300 s off' : `${Math.abs(apart)} s ${apart < 0 ? 'ahead of' : 'behind'} BIND's`
  if (complaint.error === TSIG_ERROR.BADTIME)
    return failure('BIND_CLOCK', `our clock is ${by}`, 'Set both clocks (NTP): signatures hold for 300 s.', 'backoff')
  return failure('BIND_KEY', `BIND refuses the signature for ${zone} (TSIG error ${complaint.error})`, 'See its log.')
}

/** What the server means by this rcode, of `what` about the zone. */
export const refusal = (rcode: number, zone: string, what: string): Failure => {
  switch (rcode) {
    case RCODE.REFUSED:
      return failure(
        'BIND_REFUSED',
        `BIND refuses ${what} ${zone}`,
        what.includes('update')
          ? `Allow it there: update-policy { grant KEY zonesub A TXT; };`
          : 'Allow it there: allow-transfer { key KEY; };',
      )
    case RCODE.NOTAUTH:
    case RCODE.NOTZONE:
    case RCODE.NXDOMAIN:
      return failure('BIND_ZONE', `BIND is not primary for ${zone}`, 'Correct zone, or add it to named.conf.')
    case RCODE.SERVFAIL:
      return failure(
        'BIND_SERVFAIL',
        `BIND failed at ${what} ${zone} (SERVFAIL)`,
        'See its log: the zone may not be loaded, or its folder not writable for the journal.',
        'backoff',
      )
    case RCODE.NOTIMP:
      return failure('BIND_NOTIMP', `the server does not do ${what} ${zone}`, 'Use mode: file, or another server.')
    default:
      return failure('BIND_ANSWER', `BIND answers ${what} ${zone} with rcode ${rcode}`, 'See its log.', 'backoff')
  }
}
