/**
 * Everybody who takes part in a recording, with all they will do: from personas, a seed and an address book.
 * Addresses tell nothing of the role: attackers and innocents draw from the same pool in random order. Beside the
 * personas there are the cases that only arise between clients: offices behind one address (one with an attacker in
 * it), clients behind a reverse proxy, forged X-Forwarded-For, an attacker who changes addresses within its IPv6 network.
 */
import type { Actor, Persona, Role } from './actor.ts'
import type { AddressBook } from './address-book.ts'
import { CODE_EXECUTION } from './attackers/code-execution.ts'
import { CROSS_SITE } from './attackers/cross-site.ts'
import { SQL_INJECTION } from './attackers/sql-injection.ts'
import { SWEEPS } from './attackers/sweeps.ts'
import { AUTHORS } from './innocents/authors.ts'
import { CUSTOMERS } from './innocents/customers.ts'
import { MACHINES } from './innocents/machines.ts'
import { type Random, random } from './random.ts'
import type { Step } from './visitor.ts'

export interface CastOptions {
  readonly seed: number
  readonly addresses: AddressBook
  /** At most so many clients of each kind. Default: all. */
  readonly perKind?: number
  /** At most so many requests of each client. Default: all. */
  readonly perClient?: number
}

const ATTACKERS = [...SQL_INJECTION, ...CODE_EXECUTION, ...CROSS_SITE, ...SWEEPS]
const INNOCENTS = [...CUSTOMERS, ...AUTHORS, ...MACHINES]

const kindOf = (name: string): Persona => [...ATTACKERS, ...INNOCENTS].find((p) => p.kind === name)!

export const cast = (options: CastOptions): readonly Actor[] => {
  const root = random(options.seed)
  const { addresses } = options
  const actors: Actor[] = []
  const limit = (count: number) => Math.min(count, options.perKind ?? count)

  const enter = (
    persona: Persona,
    index: number,
    who: Partial<Actor> & { readonly role: Role },
    more: readonly Header[] = [],
  ) => {
    const r = root.fork(`${persona.kind} ${index} ${who.kind ?? ''}`)
    const address = who.address ?? addresses.next()
    actors.push({
      address,
      trueClient: address,
      kind: persona.kind,
      shared: false,
      viaProxy: false,
      arrives: r.next(),
      ...who,
      steps: persona
        .play(r, index)
        .slice(0, options.perClient)
        .map((s) => withHeaders(s, more)),
    })
  }

  const crowd: (readonly [Persona, Role, number])[] = []
  for (const persona of ATTACKERS) for (let i = 0; i < limit(persona.count); i++) crowd.push([persona, 'attacker', i])
  for (const persona of INNOCENTS) for (let i = 0; i < limit(persona.count); i++) crowd.push([persona, 'innocent', i])
  for (const [persona, role, index] of root.some(crowd, crowd.length)) enter(persona, index, { role })

  const innocents = actors.filter((a) => a.role === 'innocent').map((a) => a.address)
  offices(enter, addresses, limit)
  proxied(enter, addresses, root, innocents, limit)

  // Whom the forger names are real, innocent visitors of the same recording: believing the header would hit them.
  for (let i = 0; i < limit(2); i++)
    enter(kindOf('sqli-errors'), 20 + i, { role: 'attacker', kind: 'forged-forwarded-for' }, [
      ['X-Forwarded-For', root.pick(innocents)],
      ['X-Real-IP', root.pick(innocents)],
    ])

  const household = addresses.network()
  for (let i = 0; i < limit(3); i++)
    enter(kindOf('shopper'), 60 + i, { role: 'innocent', address: household(), kind: 'ipv6-household' })
  const rotating = addresses.network()
  for (let i = 0; i < limit(5); i++)
    enter(kindOf('sqli-distributed'), 20 + i, { role: 'attacker', address: rotating(), kind: 'sqli-ipv6-rotating' })
  return actors
}

type Header = readonly [name: string, value: string]
type Enter = (
  persona: Persona,
  index: number,
  who: Partial<Actor> & { readonly role: Role },
  more?: readonly Header[],
) => void

const withHeaders = (step: Step, more: readonly Header[]): Step =>
  more.length === 0 ? step : { ...step, request: { ...step.request, headers: [...step.request.headers, ...more] } }

const offices = (enter: Enter, addresses: AddressBook, limit: (count: number) => number): void => {
  const office = (people: readonly string[], index: number) => {
    const address = addresses.next()
    for (const [i, name] of people.slice(0, limit(people.length)).entries())
      enter(kindOf(name), index + i, {
        role: 'shared-innocent',
        address,
        trueClient: address,
        kind: `shared:${name}`,
        shared: true,
      })
    return address
  }
  office(
    ['shopper', 'shopper', 'forum-developer', 'power-search', 'shopper', 'cms-editor', 'uploader', 'unicode-search'],
    100,
  )
  office(['shopper', 'shopper', 'shopper', 'mistyped-password', 'shopper', 'unicode-search', 'shopper', 'shopper'], 120)
  const school = office(['shopper', 'sql-learner', 'sql-learner', 'shopper', 'power-search'], 140)
  enter(kindOf('xss-search'), 140, {
    role: 'shared-attacker',
    address: school,
    trueClient: school,
    kind: 'shared:xss-search',
    shared: true,
  })
}

const proxied = (
  enter: Enter,
  addresses: AddressBook,
  root: Random,
  innocents: readonly string[],
  limit: (count: number) => number,
): void => {
  const behind = (name: string, index: number, role: Role, claims?: string) => {
    const trueClient = addresses.next()
    // The proxy appends whom it saw to what the client claimed.
    const chain = claims === undefined ? trueClient : `${claims}, ${trueClient}`
    enter(
      kindOf(name),
      index,
      { role, address: addresses.proxy, trueClient, kind: `proxied:${name}`, viaProxy: true },
      [['X-Forwarded-For', chain]],
    )
  }
  const people = [
    'shopper',
    'shopper',
    'shopper',
    'power-search',
    'shopper',
    'forum-developer',
    'rest-api',
    'shopper',
    'cms-editor',
  ]
  for (const [i, name] of people.slice(0, limit(people.length)).entries()) behind(name, 160 + i, 'innocent')
  for (const name of ['sqli-union', 'traversal'].slice(0, limit(2))) behind(name, 180, 'attacker')
  if (limit(2) > 1) behind('shell', 181, 'attacker', root.pick(innocents))
}
