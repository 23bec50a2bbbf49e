/** Every room can say why. */
export type StageName = 'record' | 'parse' | 'classify' | 'correlate' | 'decide' | 'respond'

export interface Reason {
  readonly stage: StageName
  /** Stable and dotted, e.g. `guard.allowlist`. */
  readonly code: string
  /** One line for a person. May quote attacker text only after `quoted()`. */
  readonly text: string
  /** Weight of evidence in natural-log units, for and (negative) against; only evidence lines carry it. */
  readonly weight?: number
}

/** Receives reasons as they arise; `explain` listens, the daemon does not. */
export interface Trace {
  /** False when nobody listens: a room may then skip composing texts. */
  readonly on: boolean
  why(reason: Reason): void
}

export const silent: Trace = { on: false, why() {} }

/** Attacker text made safe to show in one line: control and non-ASCII characters escaped, cut to `max` characters. */
export const quoted = (text: string, max = 80): string => {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
