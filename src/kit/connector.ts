/**
 * What a connector is: the adapter to one outside system, one folder under `connectors/`. Its `index.ts` exports
 * `defineConnector({…})` (it has a sink: a set that is kept equal to the decisions) or `defineActions({…})` (it has
 * actions: things that playbooks do once) as default; `npm run gen` finds it there and enters it into the registry, so
 * the folder is all that has to be added: configuration, errors, reference page and editor support follow from `config`.
 */
import type { z } from 'zod'
import type { Millis } from '../core/time.ts'
import type { Action, ActionCall } from './action.ts'
import type { Logger } from './logger.ts'
import type { Purpose } from './purpose.ts'
import type { Endpoint } from './scalars.ts'
import type { Sink } from './sink.ts'

/** What `check` verifies and a service unit must allow. */
export type Need = { readonly host: string } | { readonly capability: string } | { readonly binary: string }

export interface Context {
  /** The point's name: the connector's id unless the configuration gives another. */
  readonly name: string
  readonly log: Logger
  readonly clock: () => Millis
  /** Says that the outside may have lost what it held (restarted, flushed): the hub sends a snapshot next. */
  doubt(reason: string): void
}

/** A DNS list that a point feeds, and the server that answers for it. */
export interface ListPlace {
  readonly zone: string
  readonly server: Endpoint
  readonly purpose: Purpose
}

export interface Connector {
  readonly sink: Sink
}

export interface ConnectorPlugin<Schema extends z.ZodType = z.ZodType> {
  /** = folder = key in riposte.yaml = metric label. */
  readonly id: string
  /** One sentence, shown by CLI and docs. */
  readonly summary: string
  /** A `z.strictObject`; every key with `.describe()`. Scalars such as durations are in kit/scalars.ts. */
  readonly config: Schema
  /** YAML under `enforce:`; parsed by a test, so it cannot go stale. */
  readonly example: string
  readonly needs?: readonly Need[]
  open(config: z.output<Schema>, context: Context): Promise<Connector>
  /** Asks the outside whether it could be used, changing nothing. Throws a Failure with a remedy. */
  probe?(config: z.output<Schema>): Promise<void>
  /** The DNS lists that it feeds, where they can be asked. */
  lists?(config: z.output<Schema>): readonly ListPlace[]
}

export const defineConnector = <Schema extends z.ZodType>(plugin: ConnectorPlugin<Schema>): ConnectorPlugin<Schema> =>
  plugin

export interface ActionPlugin<Schema extends z.ZodType = z.ZodType, Session = never> {
  /** = folder = key under `connectors:` = metric label. */
  readonly id: string
  /** One sentence, shown by CLI and docs. */
  readonly summary: string
  /** A `z.strictObject`; every key with `.describe()`. */
  readonly config: Schema
  /** YAML under `connectors:`; parsed by a test, so it cannot go stale. */
  readonly example: string
  /** What the account must be allowed to do there, for people: one line each. */
  readonly permissions: readonly string[]
  readonly actions: Readonly<Record<string, Action<Session>>>
  /** What the actions work with, made once per configuration: the target with its credentials, a cache. Touches no network. */
  connect(config: z.output<Schema>, context: ActionContext): Session
  /** Asks the outside whether it could be used, changing nothing; resolves to what answered, e.g. its version. Throws a Failure with a remedy. */
  probe(session: Session, call: ActionCall): Promise<string>
}

export interface ActionContext {
  /** The connector's id unless the configuration gives another. */
  readonly name: string
  readonly clock: () => Millis
}

export const defineActions = <Schema extends z.ZodType, Session>(
  plugin: ActionPlugin<Schema, Session>,
): ActionPlugin<Schema, Session> => plugin
