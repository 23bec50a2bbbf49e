/** What becomes of a request from an address, now. */
import { type CidrSet, createCidrSet } from '../../core/cidr-set.ts'
import { type Cidr, parseCidr } from '../../core/ip.ts'
import { referenceOf } from '../../core/reference.ts'
import { specialNetwork } from '../../core/special-networks.ts'
import { type Millis, SECOND } from '../../core/time.ts'
import type { Roster } from '../../kit/roster.ts'
import type { Entry } from '../../kit/sink.ts'
import { createThrottle, type Rate } from './throttle.ts'

export type Verdict =
  | { readonly pass: true }
  | { readonly pass: false; readonly entry: Entry; readonly reference: string }

const PASS: Verdict = { pass: true }
const RATE: Rate = { every: SECOND, burst: 10 }

/** `undefined` for what is no plain address: whoever asks is not configured as it should be. */
export const createJudge = (
  roster: Roster,
  clock: () => Millis,
  rate: Rate = RATE,
): ((client: string) => Verdict | undefined) => {
  const within = createThrottle(rate)
  let allow: readonly Cidr[] = []
  let spared: CidrSet = createCidrSet(allow)

  return (client) => {
    const cidr = client.includes('/') ? undefined : parseCidr(client)
    if (!cidr) return undefined
    const now = clock()
    const entry = roster.covering(cidr.text, now)
    if (!entry || entry.type === 'watch') return PASS
    // The roster holds none of these; should that ever fail, the site still does not turn its owner away.
    if (roster.allow !== allow) {
      allow = roster.allow
      spared = createCidrSet(allow)
    }
    if (specialNetwork(cidr) || spared.touching(cidr)) return PASS
    // Nobody here can set a captcha: who would get one is slowed down, which he can outlive as well.
    if (entry.type !== 'ban' && within(entry.value, now)) return PASS
    return { pass: false, entry, reference: referenceOf(entry.id) }
  }
}
