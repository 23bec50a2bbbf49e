/** Enters what an event's matches say into the actor's row. */
import type { Event } from '../../core/event.ts'
import type { Millis } from '../../core/time.ts'
import { addAgent, addEventId, addFile, addOddity, addPlace, addProbe, addTripped, type Hostile } from './actor.ts'
import { FOLD_SEED, fold, mixed } from './fold-hash.ts'
import { nameHash } from './name-hash.ts'
import { POSING, posesAsBrowser } from './nuisance.ts'
import type { Reading } from './probe.ts'

const MAX_CLASSES = 12

/** True when the event brought something that was not held against the actor before. */
export const recordMatches = (h: Hostile, event: Event, reading: Reading, now: Millis): boolean => {
  h.matched++
  let news = false
  for (const probe of reading.probes) news = addProbe(h, probe, now) || news
  for (const rule of reading.oddities) news = fresh(h, addOddity(h, rule)) || news
  if (reading.policy !== undefined) news = fresh(h, addFile(h, reading.policy)) || news
  if (reading.place !== undefined) {
    addPlace(h, reading.place)
    addAgent(h, nameHash(event.request.userAgent))
    const echo = reading.probes.length > 0 && reading.probes.every((p) => p.sharp === 0)
    if (!echo) addTripped(h, mixed(fold(fold(FOLD_SEED, event.request.host), event.request.uri)))
  }
  if (reading.tool) {
    h.tool++
    // Weighed by the logarithm: between powers of two nothing changes that could matter.
    if (h.tool <= 4 || Math.floor(Math.log2(h.tool)) !== Math.floor(Math.log2(h.tool - 1))) news = true
  }
  if (posesAsBrowser(event)) {
    h.posing++
    news ||= h.posing >= POSING
  }
  if (reading.proof && h.proof === undefined) {
    h.proof = reading.proof.text
    news = true
  }
  if (news || h.events.length === 0) addEventId(h, event.id)
  for (const c of event.attackClasses) if (!h.classes.includes(c) && h.classes.length < MAX_CLASSES) h.classes.push(c)
  return news
}

const fresh = (h: Hostile, isNew: boolean): boolean => {
  if (isNew) h.fresh++
  return isNew
}
