/**
 * What is remembered of one address. Clean clients get the small row; `hostile` exists only after a match.
 * Counters fade with a half-life, probes leave after a day, so yesterday's accidents do not add up to a ban.
 */
import { DAY, HOUR, MINUTE, type Millis } from '../../core/time.ts'
import { IN_HEADER, type Probe } from './probe.ts'
import { CONTENT } from './shape.ts'
import { mark, newSketch, type Sketch } from './sketch.ts'

const HALF_LIFE: Millis = 8 * HOUR
const PROBE_LIFE: Millis = DAY
const SETS_LIFE: Millis = DAY
const FADE_STEP: Millis = 30 * MINUTE
const MAX_PROBES = 48
const MAX_PERSONAS = 12
const MAX_AGENTS = 8
const MAX_ODDITIES = 12
const MAX_FILES = 32
const MAX_PLACES = 6
const MAX_TRIPPED = 8

/**
 * Somebody behind the address: a session if there is one, else a user agent.
 * [hash, clean requests, requests with matches, of these with bare payloads, user agent, 1 for a session]
 */
export type Persona = [number, number, number, number, number, 0 | 1]
/** [key, point, families, sharpness, time] */
export type ProbeSlot = [number, number, number, number, Millis]

/**
 * What may be missing is there as `undefined` from the start, and is set to it rather than deleted: the row in the store
 * says the same, and rows that gained and lost members made the whole model half as slow again (measured).
 */
export interface Actor {
  /** The subject's value: a slot of the table of clean clients may be taken over by another address. */
  who: string
  /** Where it was seen last. */
  sensor: string
  born: Millis
  seen: Millis
  faded: Millis
  requests: number
  clean: number
  personas: Persona[]
  tries?: Tries | undefined
  missing?: Missing | undefined
  hostile?: Hostile | undefined
}

/** Log-in attempts in the running window. */
export interface Tries {
  since: Millis
  /** At a form, and of these refused; refused at an interface. */
  tried: number
  refused: number
  tokens: number
  requests: number
  /** Anything that a script would not ask for: a page, an asset, a referring page. */
  human: number
  told?: boolean | undefined
}

/** Requests for what does not exist, in the running window. */
export interface Missing {
  since: Millis
  paths: Sketch
  errors: number
  requests: number
  told?: boolean | undefined
}

export interface Hostile {
  since: Millis
  matched: number
  /** The first request of this address carried a bare payload. */
  first: boolean
  probes: ProbeSlot[]
  /** New probes, counted beyond what `probes` can hold. */
  fresh: number
  /** What has no time of its own (the sets below, the proof) is forgotten together, a day after this. */
  setsSince: Millis
  tool: number
  proof?: string | undefined
  /** Pages with evidence, whatever its kind. */
  places: number[]
  /** Page requests that claim to come from a browser but lack what every browser sends. */
  posing: number
  /** Addresses (host and URI) where rules were tripped lately. */
  tripped: number[]
  agents: number[]
  oddities: number[]
  files: number[]
  /** First and latest event ids. */
  events: string[]
  classes: string[]
  /** What was last said of it, when, and after how many matches. */
  verdict?: 'watch' | 'throttle' | 'ban' | undefined
  toldAt?: Millis | undefined
  toldMatched?: number | undefined
}

export const newActor = (who: string, sensor: string, now: Millis): Actor => ({
  who,
  sensor,
  born: now,
  seen: now,
  faded: now,
  requests: 0,
  clean: 0,
  personas: [],
  tries: undefined,
  missing: undefined,
  hostile: undefined,
})

export const newHostile = (now: Millis, first: boolean): Hostile => ({
  since: now,
  matched: 0,
  first,
  probes: [],
  fresh: 0,
  setsSince: now,
  tool: 0,
  proof: undefined,
  places: [],
  posing: 0,
  tripped: [],
  agents: [],
  oddities: [],
  files: [],
  events: [],
  classes: [],
  verdict: undefined,
  toldAt: undefined,
  toldMatched: undefined,
})

/** Halves what was counted per half-life gone by; in steps, so that a busy client costs nothing. */
export const fade = (actor: Actor, now: Millis): void => {
  const gone = now - actor.faded
  if (gone < FADE_STEP) return
  const factor = 2 ** (-gone / HALF_LIFE)
  actor.faded = now
  actor.requests *= factor
  actor.clean *= factor
  for (const p of actor.personas) {
    p[1] *= factor
    p[2] *= factor
    p[3] *= factor
  }
  actor.personas = actor.personas.filter((p) => p[1] + p[2] > 0.2)
  const h = actor.hostile
  if (!h) return
  h.matched *= factor
  h.fresh *= factor
  h.tool *= factor
  h.posing *= factor
  h.probes = h.probes.filter((p) => now - p[4] < PROBE_LIFE)
  if (now - h.setsSince < SETS_LIFE) return
  h.setsSince = now
  h.first = false
  h.proof = undefined
  h.agents = []
  h.oddities = []
  h.files = []
  h.places = []
  h.tripped = []
}

/** True when the probe is new; a repetition can only make a known one weaker (the site learnt meanwhile). */
export const addProbe = (hostile: Hostile, probe: Probe, now: Millis): boolean => {
  for (const p of hostile.probes) {
    if (p[0] !== probe.key) continue
    p[2] |= probe.families
    if (probe.sharp < p[3]) p[3] = probe.sharp
    return false
  }
  hostile.fresh++
  if (hostile.probes.length < MAX_PROBES)
    hostile.probes.push([probe.key, probe.point, probe.families, probe.sharp, now])
  return true
}

/** Nothing that this event could bring would change what is held against the actor. */
export const isSaturated = (h: Hostile): boolean => h.verdict === 'ban' && h.probes.length >= MAX_PROBES

const addTo = (list: number[], member: number, max: number): boolean => {
  if (list.includes(member)) return false
  if (list.length < max) list.push(member)
  return true
}
export const addAgent = (h: Hostile, agent: number): boolean => addTo(h.agents, agent, MAX_AGENTS)
export const addOddity = (h: Hostile, rule: number): boolean => addTo(h.oddities, rule, MAX_ODDITIES)
export const addFile = (h: Hostile, file: number): boolean => addTo(h.files, file, MAX_FILES)

export const addPlace = (h: Hostile, place: number): boolean => addTo(h.places, place, MAX_PLACES)

export const addTripped = (h: Hostile, page: number): void => {
  if (h.tripped.includes(page)) return
  if (h.tripped.length >= MAX_TRIPPED) h.tripped.shift()
  h.tripped.push(page)
}

export const addEventId = (h: Hostile, id: string): void => {
  if (h.events.length >= 16) h.events.splice(8, 1)
  h.events.push(id)
}

export const personaOf = (actor: Actor, hash: number, agent: number, session: boolean): Persona | undefined => {
  for (const p of actor.personas) if (p[0] === hash) return p
  if (actor.personas.length >= MAX_PERSONAS) return undefined
  const persona: Persona = [hash, 0, 0, 0, agent, session ? 1 : 0]
  actor.personas.push(persona)
  return persona
}

/** A session that did something and sent no bare payload: somebody else behind the address. */
export const isGoodSession = (p: Persona): boolean => p[5] === 1 && p[1] + p[2] >= 2 && p[3] === 0

export const goodSessions = (actor: Actor): number => {
  let n = 0
  for (const p of actor.personas) if (isGoodSession(p)) n++
  return n
}

/**
 * True when several people or machines share the address: behaving sessions, or without cookies user agents. Of those
 * it takes more, for a tool that draws a user agent per request has many; but its payloads come with all of them.
 * Where clean requests are not logged, whoever shows up without a payload stands for more of the kind.
 */
export const isShared = (actor: Actor, cleanVisible: boolean): boolean => {
  let sessions = 0
  let agents = 0
  let good = 0
  for (const p of actor.personas) {
    if (isGoodSession(p)) sessions++
    else if (p[5] === 0 && p[3] === 0 && (cleanVisible ? p[1] >= 3 : p[2] >= 2)) agents++
    else continue
    good += p[1] + p[2]
  }
  if (good < GOOD_SHARE * actor.requests) return false
  return sessions >= (cleanVisible ? 2 : 1) || agents >= 3
}

/** Of all requests, those by the good personas: a few invented sessions must not shield a scan of thousands. */
const GOOD_SHARE = 0.1

/** Share of the matched requests that came from personas which also behave: what clean requests can speak for. */
export const attached = (actor: Actor): number => {
  const matched = actor.hostile?.matched ?? 0
  if (matched === 0) return 1
  let known = 0
  for (const p of actor.personas) if (p[1] >= 2) known += p[2]
  return Math.min(1, known / matched)
}

/**
 * Everything on one page, and either not much of it or good requests between: what a webhook sender, an API client or
 * somebody with a long text looks like. A tool that hammers one form is beyond both limits.
 */
export const isNarrow = (actor: Actor): boolean => {
  const h = actor.hostile
  if (!h || h.tool > 0 || h.proof !== undefined || h.places.length > 1) return false
  let bare = 0
  for (const p of h.probes) {
    if (p[3] < CONTENT) continue
    // Nobody writes documents into headers.
    if ((p[2] & IN_HEADER) !== 0) return false
    bare++
  }
  return bare > 0 && (bare < 12 || actor.clean > 0.15 * actor.requests)
}

/** An answer other than an error, while a window of errors runs. */
export const countPresent = (actor: Actor, now: Millis): void => {
  if (actor.missing && now - actor.missing.since <= HOUR) actor.missing.requests++
}

/** `path` is undefined for an error that says nothing about whether the page exists. */
export const countMissing = (actor: Actor, path: number | undefined, now: Millis): Missing => {
  if (!actor.missing || now - actor.missing.since > HOUR)
    actor.missing = { since: now, paths: newSketch(4), errors: 0, requests: 0, told: undefined }
  if (path !== undefined) mark(actor.missing.paths, path)
  actor.missing.errors++
  actor.missing.requests++
  return actor.missing
}
