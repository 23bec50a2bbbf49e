/**
 * A decision as JSON in two pieces: what is its own (id, value, times), and all the rest, which the entries of one list
 * have in common. So a million of them are read back without parsing a million texts, and the rest is kept once.
 */
import type { Decision } from '../core/decision.ts'

export type OwnPart = Pick<Decision, 'id' | 'value' | 'startsAt' | 'until'>
export type SharedPart = Omit<Decision, keyof OwnPart>

let last: { readonly of: Decision; readonly text: string } | undefined

const sharesAll = (a: Decision, b: Decision): boolean =>
  a.reasons === b.reasons &&
  a.events === b.events &&
  a.reason === b.reason &&
  a.type === b.type &&
  a.scope === b.scope &&
  a.origin === b.origin &&
  a.scenario === b.scenario &&
  a.attackClass === b.attackClass &&
  a.alert === b.alert &&
  a.simulated === b.simulated &&
  a.withdrawnAt === b.withdrawnAt &&
  a.withdrawnBy === b.withdrawnBy

/** JSON without its opening brace. The entries of a list follow one another, so the last text is at hand again. */
export const sharedText = (decision: Decision): string => {
  if (last && sharesAll(last.of, decision)) return last.text
  const { id, value, startsAt, until, ...shared } = decision
  const text = JSON.stringify(shared).slice(1)
  last = { of: decision, text }
  return text
}

export const readShared = (text: string): SharedPart => JSON.parse(`{${text}`) as SharedPart

export const decisionText = (d: Decision): string =>
  `${JSON.stringify({ id: d.id, value: d.value, startsAt: d.startsAt, until: d.until }).slice(0, -1)},${sharedText(d)}`

const OWN = /^\{"id":"([^"\\]*)","value":"([^"\\]*)","startsAt":(\d+),"until":(\d+),/

/** Takes a text apart; also one that was written with its fields in another order. */
export const splitText = (text: string): { readonly own: OwnPart; readonly shared: string } => {
  const parts = OWN.exec(text)
  if (!parts) {
    const decision = JSON.parse(text) as Decision
    return { own: decision, shared: sharedText(decision) }
  }
  const [all, id, value, startsAt, until] = parts as unknown as [string, string, string, string, string]
  return { own: { id, value, startsAt: Number(startsAt), until: Number(until) }, shared: text.slice(all.length) }
}

let lastRead: { readonly shared: string; readonly part: SharedPart } | undefined

/** The decision of a text; the entries of a list, which follow one another, get what they share from the one before. */
export const readDecision = (text: string): Decision => {
  const { own, shared } = splitText(text)
  if (lastRead?.shared !== shared) lastRead = { shared, part: readShared(shared) }
  const { id, value, startsAt, until } = own
  return { id, value, startsAt, until, ...lastRead.part }
}
