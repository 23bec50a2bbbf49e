/**
 * What an action is: something that a connector does once at one outside system. It says of itself what it needs, what
 * its effect is and how far what it sends may travel. Timeouts, retries, rate limits, circuit breakers, secrets and dry
 * runs are the caller's (`respond/`); an action is a straight line from input to output.
 */
import type { z } from 'zod'
import type { Millis } from '../core/time.ts'
import type { Shown } from './dry-http.ts'
import type { Http } from './http.ts'
import type { Logger } from './logger.ts'
import type { Tlp } from './tlp.ts'

export interface ActionCall {
  /** `run/step`: the idempotency key, the same in every attempt. Letters, digits, `-`, `_`, `.`, `/` and `:`. */
  readonly key: string
  /** Who acts: `playbook:<name>`. */
  readonly by: string
  readonly signal: AbortSignal
  readonly log: Logger
  readonly clock: () => Millis
  /** The only way to a server of HTTP. */
  readonly http: Http
  /** Present in a dry run: what does not go through `http` is shown here instead of being sent; it does not return. */
  readonly dry?: (what: Shown) => never
}

export interface Action<Session = never> {
  /** One sentence. */
  readonly summary: string
  /** `write` when anything remains of it outside. */
  readonly effect: 'read' | 'write'
  /** Whether a second attempt with the same key leaves the outside as after the first. */
  readonly idempotent: boolean
  /** What is classified higher is not handed to it. */
  readonly maxTlp: Tlp
  /** A `z.strictObject`; every key with `.describe()`. */
  readonly input: z.ZodType
  readonly output: z.ZodType
  run(input: unknown, session: Session, call: ActionCall): Promise<unknown>
  /** Where the outside lets us ask whether what was accepted has been done. False: not yet. Throws when it failed there. */
  confirm?(output: unknown, session: Session, call: ActionCall): Promise<boolean>
  /** Takes back what `run` did. Idempotent. */
  undo?(done: { readonly input: unknown; readonly output: unknown }, session: Session, call: ActionCall): Promise<void>
}

export interface ActionDefinition<In extends z.ZodType, Out extends z.ZodType, Session> {
  readonly summary: string
  readonly effect: 'read' | 'write'
  readonly idempotent: boolean
  readonly maxTlp: Tlp
  readonly input: In
  readonly output: Out
  run(input: z.output<In>, session: Session, call: ActionCall): Promise<z.input<Out>>
  confirm?(output: z.output<Out>, session: Session, call: ActionCall): Promise<boolean>
  undo?(
    done: { readonly input: z.output<In>; readonly output: z.output<Out> },
    session: Session,
    call: ActionCall,
  ): Promise<void>
}

/** The caller validates by the schemas before it calls, so the typed definition may stand for the untyped one. */
export const action = <In extends z.ZodType, Out extends z.ZodType, Session>(
  definition: ActionDefinition<In, Out, Session>,
): Action<Session> => definition as unknown as Action<Session>
