/**
 * Misbehaviour that no rule sees: guessing passwords, sweeping for pages that do not exist, robots posing as browsers.
 * It can earn a throttle, never a ban: statuses alone also come from broken front ends, monitors and forgetful people.
 */

import type { Event } from '../../core/event.ts'
import { MINUTE, type Millis } from '../../core/time.ts'
import type { Actor } from './actor.ts'
import { estimate } from './sketch.ts'

const TRY_WINDOW: Millis = 10 * MINUTE

const SWEEP_PATHS = 20
const SWEEP_SHARE = 0.75
/** Refused attempts that even a forgetful person with a password manager does not reach in one window. */
const REFUSED = 10
/** Page requests that trip a rule and lack a browser's headers although they claim one. */
export const POSING = 8
/** Attempts at a log-in that answers 200 to everything. */
const TRIED = 20
/** A client that does nothing but fail at a log-in form needs fewer: people load the form. */
const BARE_REFUSED = 5
/** An app whose stored token has expired is refused over and over; a sprayer at an interface is refused more. */
const TOKEN_REFUSED = 20
const BARE_TOKEN_REFUSED = 8

export interface Nuisance {
  readonly code: 'nuisance.guessing' | 'nuisance.sweep' | 'nuisance.posing'
  /** Composed only when somebody reads it. */
  text(): string
}

export const sweeps = (actor: Actor): boolean => {
  const m = actor.missing
  return (
    m !== undefined &&
    m.errors >= SWEEP_PATHS * 0.8 &&
    m.errors >= SWEEP_SHARE * m.requests &&
    estimate(m.paths) >= SWEEP_PATHS
  )
}

/** `cleanVisible` false: the log lacks the good requests that a share is to be taken of. */
export const nuisanceOf = (actor: Actor, cleanVisible: boolean): Nuisance | undefined => {
  const guess = guessing(actor, cleanVisible)
  if (guess) return { code: 'nuisance.guessing', text: guess }
  if (!cleanVisible) return undefined
  const h = actor.hostile
  if (h && h.posing >= POSING && h.posing >= 0.9 * actor.requests)
    return {
      code: 'nuisance.posing',
      text: () => `${Math.round(h.posing)} page requests by a robot that claims to be a browser, each tripping a rule`,
    }
  const m = actor.missing
  if (m && sweeps(actor))
    return {
      code: 'nuisance.sweep',
      text: () =>
        `about ${Math.round(estimate(m.paths))} different pages that do not exist, ${m.errors} of ${m.requests} requests`,
    }
  return undefined
}

export const isGuessing = (actor: Actor): boolean => guessing(actor, true) !== undefined

const guessing = (actor: Actor, cleanVisible: boolean): (() => string) | undefined => {
  const t = actor.tries
  if (!t) return undefined
  const refused = t.refused + t.tokens
  if (!cleanVisible) return refused >= TOKEN_REFUSED ? () => `${refused} refused log-ins` : undefined
  if (t.human === 0 && (t.refused >= BARE_REFUSED || t.tokens >= BARE_TOKEN_REFUSED))
    return () => `${refused} refused log-ins and nothing else`
  if (t.refused >= REFUSED && t.refused * 2 >= t.requests)
    return () => `${t.refused} refused log-ins in ${t.requests} requests`
  if (refused >= TOKEN_REFUSED && refused * 2 >= t.requests)
    return () => `${refused} refused log-ins in ${t.requests} requests`
  if (t.tried >= TRIED && t.tried * 5 >= t.requests * 4)
    return () => `${t.tried} log-in attempts in ${t.requests} requests`
  return undefined
}

/** Where people type a password. */
const FORM = /log-?in|log-?on|sign-?in|xmlrpc\.php/i
/** Where programs show one. */
const INTERFACE = /\/(?:o?auth|token|session)/i
const READ = 120

/** Counts log-ins while a window of them runs; true when this event was one. */
export const countTry = (actor: Actor, event: Event, now: Millis): boolean => {
  const path = event.request.method === 'POST' ? event.request.path.slice(0, READ) : ''
  const form = path !== '' && FORM.test(path)
  const login = form || (path !== '' && INTERFACE.test(path))
  if (!actor.tries || now - actor.tries.since > TRY_WINDOW) {
    if (!login) {
      actor.tries = undefined
      return false
    }
    actor.tries = { since: now, tried: 0, refused: 0, tokens: 0, requests: 0, human: 0, told: undefined }
  }
  const t = actor.tries
  t.requests++
  if (!login) {
    t.human++
    return false
  }
  if (form) t.tried++
  const { status } = event.response
  if (status === 401 || status === 403) {
    if (form) t.refused++
    else t.tokens++
  } else if (status >= 300 && status < 400) t.refused = Math.max(0, t.refused - FORGIVEN)
  return true
}

/** Who gets in after a few attempts was forgetful. */
const FORGIVEN = 3

/**
 * A page request that names a browser but has neither the languages nor the encodings that every browser sends.
 * Says nothing when the log has no headers.
 */
export const posesAsBrowser = (event: Event): boolean => {
  const { method, userAgent, headers } = event.request
  if ((method !== 'GET' && method !== 'HEAD') || headers.length < 2 || event.session !== undefined) return false
  if (!userAgent.startsWith('Mozilla/')) return false
  for (const [name] of headers) if (name.length === 15 && /^accept-(?:language|encoding)$/i.test(name)) return false
  return !/compatible|bot|\+http/i.test(userAgent.slice(0, 256))
}
