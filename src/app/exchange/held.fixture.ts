/** Decisions of every kind, and a store that holds them, for tests of what is given to others. */
import fc from 'fast-check'
import { type Decision, REMEDIATIONS } from '../../core/decision.ts'
import { ATTACK_CLASSES } from '../../core/event.ts'
import { derivedId } from '../../core/id.ts'
import { parseCidr, subjectOf } from '../../core/ip.ts'
import { DAY, HOUR } from '../../core/time.ts'
import type { HeldDecision } from '../../kit/store.ts'
import { RECORDED } from './imported.fixture.ts'

const NOW = RECORDED

/** A store of which only this is asked. */
export const holding = (decisions: readonly Decision[]) => ({
  eachHeld: async (_at: number, visit: (held: HeldDecision) => void) => {
    for (const decision of decisions) visit({ decision, changedAt: NOW })
  },
})

/** Addresses near the edges of what is spared, and everywhere else; hosts of IPv6 as well as networks. */
const value = fc
  .oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom(
      '10.0.0.1',
      '127.0.0.1',
      '192.0.2.7',
      '192.0.3.0',
      '192.0.0.0/14',
      '203.0.113.1',
      '::1',
      'fe80::/64',
    ),
    fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`),
    fc.tuple(fc.ipV6(), fc.integer({ min: 1, max: 128 })).map(([ip, bits]) => `${ip}/${bits}`),
  )
  .filter((text) => parseCidr(text) !== undefined)

const words = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.constantFrom('=cmd()|x', '-2+3', '@SUM(A1)', '"; x', 'a\tb', "'=1"),
)

export const decision: fc.Arbitrary<Decision> = fc
  .record({
    value,
    type: fc.constantFrom(...REMEDIATIONS),
    lasts: fc.integer({ min: -5, max: 300 * DAY }),
    starts: fc.constantFrom(0, -HOUR, HOUR),
    reason: words,
    attackClass: fc.option(fc.constantFrom(...ATTACK_CLASSES), { nil: undefined }),
    simulated: fc.constantFrom(false, false, false, true),
    withdrawn: fc.constantFrom(false, false, false, true),
  })
  .map(({ value, lasts, starts, withdrawn, attackClass, ...rest }) => {
    const subject = value.includes('/')
      ? { scope: 'Range' as const, value: parseCidr(value)!.text }
      : subjectOf(parseCidr(value)!.text)
    return {
      id: derivedId('d', value, lasts),
      ...subject,
      origin: 'engine' as const,
      scenario: 'sql-injection',
      startsAt: NOW + starts,
      until: NOW + lasts,
      reasons: [],
      events: [],
      ...(attackClass === undefined ? {} : { attackClass }),
      ...(withdrawn ? { withdrawnAt: NOW } : {}),
      ...rest,
    }
  })

export const oneEach = (decisions: readonly Decision[]): Decision[] => [
  ...new Map(decisions.map((d) => [d.value, d])).values(),
]
