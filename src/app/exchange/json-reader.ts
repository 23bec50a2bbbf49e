/**
 * JSON of decisions and allowlists: `cscli decisions list -o json` (alerts that hold decisions), `cscli decisions
 * import`'s own form, LAPI's `/v1/decisions` and its stream, `cscli allowlists inspect -o json`, and our own export.
 */
import type { Found, Item, Reader } from './item.ts'
import { createJsonScanner, type FlatObject, type JsonFault } from './json-objects.ts'
import { itemOf } from './list-columns.ts'

/** Arrays whose elements are decisions; at the root anything is. `deleted` of a stream is what is over. */
const DECISIONS: ReadonlySet<string | undefined> = new Set([undefined, 'decisions', 'new'])
/** The elements of a CrowdSec allowlist. */
const SPARED = 'items'

const word = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined

const first = (object: Readonly<Record<string, unknown>>, ...names: readonly string[]): string | undefined => {
  for (const name of names) {
    const text = Object.hasOwn(object, name) ? word(object[name]) : undefined
    if (text !== undefined && text !== '') return text
  }
  return undefined
}

const read = ({ place, text, within }: FlatObject): Item | JsonFault => {
  let object: Readonly<Record<string, unknown>>
  try {
    object = JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    return { place, problem: 'an entry that is no valid JSON', fatal: false }
  }
  const spared = within === SPARED || first(object, 'kind') !== undefined
  const item = itemOf(place, {
    value: first(object, 'value', 'ip', 'range', 'cidr', 'network', 'address'),
    scope: first(object, 'scope'),
    type: first(object, 'type', 'action', 'remediation'),
    until: first(object, 'until', 'expiration', 'expiresAt', 'expires'),
    length: first(object, 'duration'),
    reason: first(object, 'reason', 'description', 'comment'),
    scenario: first(object, 'scenario'),
    attackClass: first(object, 'class', 'attackClass'),
    simulated: first(object, 'simulated'),
  })
  return spared ? { ...item, spared } : item
}

export const createJsonReader = (): Reader => {
  const scanner = createJsonScanner()
  const give = function* (found: Iterable<FlatObject | JsonFault>): Iterable<Found> {
    for (const piece of found) {
      // An alert's `source` and the like are flat too, but no entries.
      if ('text' in piece && !(DECISIONS.has(piece.within) || (piece.element && piece.within === SPARED))) continue
      const item = 'text' in piece ? read(piece) : piece
      if (!('problem' in item)) yield item
      else
        yield {
          place: item.place,
          problem: item.problem,
          remedy: item.fatal ? 'Mend it there: nothing behind it could be read.' : 'Mend or remove the entry.',
        }
    }
  }
  return {
    push: (text) => give(scanner.push(text)),
    end: () => give(scanner.end()),
  }
}
