import type { Random } from './random.ts'
import type { Step } from './visitor.ts'

export type Role = 'attacker' | 'innocent' | 'shared-innocent' | 'shared-attacker'

/** One client of the recording with everything it will do. */
export interface Actor {
  /** Address that its connections come from: its own, or the reverse proxy's. */
  readonly address: string
  /** Who it really is. */
  readonly trueClient: string
  readonly role: Role
  /** Persona or tool; groups the quality report. */
  readonly kind: string
  /** Several people sit behind this address. */
  readonly shared: boolean
  readonly viaProxy: boolean
  /** 0 to 1: when in the recording it arrives. */
  readonly arrives: number
  readonly steps: readonly Step[]
}

/** A persona: how one visit of this kind goes. `index` counts the visitors of this kind, so that variants are spread. */
export interface Persona {
  readonly kind: string
  readonly count: number
  readonly play: (random: Random, index: number) => readonly Step[]
}
