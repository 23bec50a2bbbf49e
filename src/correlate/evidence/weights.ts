/**
 * The weights of the evidence, in natural-log units: +0.69 doubles the odds that an address attacks, -0.69 halves them.
 * Each line's amount is squeezed (logarithm or cap) before it is weighed, so no line can decide alone except a proof.
 * `docs/evidence.md` says how they were found and how they fare on recordings that they were not found on.
 */
export interface Weight {
  readonly weight: number
  /** Largest amount that counts. */
  readonly cap: number
  readonly origin: string
}

const w = (weight: number, cap: number, origin: string): Weight => ({ weight, cap, origin })

export const WEIGHTS = {
  prior: w(
    -4.2,
    1,
    'one in 67 of the clients that trip untuned rules attacks; fits say -2.6 to -4.1, cautious side taken',
  ),
  'proof.single': w(9, 1, 'set by hand: a payload or trap without a harmless use outweighs prior and clean history'),
  'probe.payloads': w(2.4, 5, 'log2(1 + different bare payloads); fits say 1.9 to 2.8'),
  'probe.inputs': w(1, 3, 'log2(different inputs that got them); fits say 0.7 to 1.8'),
  'probe.families': w(0.5, 4, 'attack families beyond the first; fits say 0 to 1.1'),
  'probe.contents': w(0.2, 3, 'log2(1 + inputs that got documents only); fits say 0 to 1.6, most near 0.2'),
  'probe.oddities': w(1.5, 4, 'different protocol rules beyond the second; fits say 0.5 to 1.8'),
  'probe.files': w(2, 4, 'log2(different forbidden files asked for); fits say 1.4 to 2.9'),
  'tool.signature': w(3.2, 1, 'a request names an attack tool; fits say 1 to 3.9, few samples'),
  'tool.insists': w(1, 5, 'log2(requests by the tool); fits say 1.0 to 1.1'),
  'conduct.share': w(1.5, 1, 'share of requests that brought something new, beyond 0.3; fits say 0.9 to 2.0'),
  'conduct.first': w(0.5, 1, 'the first request was a bare payload; fits say 0.1 to 1.5'),
  'conduct.agents': w(
    1,
    3,
    'user agents of matched requests beyond the second, without clean history; fits say 0.8 to 1.8',
  ),
  'conduct.sweep': w(1.5, 1, 'most requests ask for what does not exist; fits say 1.0 to 2.4'),
  'clean.requests': w(-0.7, 5, 'log2(1 + clean requests by who also tripped rules); fits say -0.5 to -1.3'),
  'clean.unseen': w(-1, 1, 'set by hand: a log of matches alone hides what would speak for an innocent'),
  'clean.sessions': w(-1.5, 3, 'other sessions that behave, beyond the first; fits say -0.5 to -3.2'),
} as const satisfies Record<string, Weight>

export type LineCode = keyof typeof WEIGHTS
export const LINE_CODES = Object.keys(WEIGHTS) as readonly LineCode[]
export type Weights = Readonly<Record<LineCode, { readonly weight: number; readonly cap: number }>>

/** Log-odds from which a verdict holds: 0.5 is 62 %, 3 is 95 %. */
export const THRESHOLDS = { watch: -2, throttle: 0.5, ban: 3 } as const
