/**
 * Carries out one attempt of one action. In: connector, action, input, idempotency key. Out: a record; never a throw for
 * what the outside or the playbook does wrong. Promised: input and output fit the action's schemas; what is classified
 * higher than the action's ceiling is not handed over; an attempt ends with its timeout.
 */
import { z } from 'zod'
import { Failure } from '../core/failure.ts'
import { MINUTE, type Millis, SECOND } from '../core/time.ts'
import type { Action, ActionCall } from '../kit/action.ts'
import { crashPoint } from '../kit/crash-point.ts'
import { DryRunEnd } from '../kit/dry-http.ts'
import type { Http } from '../kit/http.ts'
import { httpClient } from '../kit/http-client.ts'
import type { Logger } from '../kit/logger.ts'
import { exceeds, type Tlp } from '../kit/tlp.ts'
import type { Connection } from './connection.ts'
import type { ActionOrder } from './interpreter.ts'
import type { StepRecord } from './run-input.ts'

export interface CallerOptions {
  /** As they are now. */
  connections(): ReadonlyMap<string, Connection>
  readonly log: Logger
  readonly clock?: () => Millis
  /** The wait before attempt `n + 1`; tests shorten it. */
  readonly backoff?: (attempt: number) => Millis
  /** Ends all calls. */
  readonly signal?: AbortSignal
  /** Why nothing about this address leaves the house: it is special, ours or allowlisted; undefined when it may. */
  spared?(address: string): Promise<string | undefined>
  /** Another way to HTTP: recorded answers, or a dry run. */
  readonly http?: Http
  readonly dry?: ActionCall['dry']
}

export interface Caller {
  act(order: ActionOrder, tlp: Tlp): Promise<StepRecord>
  confirm(order: ActionOrder, output: unknown): Promise<StepRecord>
  undo(order: ActionOrder, output: unknown): Promise<StepRecord>
}

const LONGEST: Millis = 30 * MINUTE
/** Waits that are shorter are waited out in place: putting a run to sleep and waking it costs more. */
const IN_PLACE: Millis = 3 * SECOND
/** Asking again is worth little where nothing but an answer is at stake. */
const RETRIES_OF_READS = 3

/** 1 s, 2 s, 4 s … 30 min, each a little different, so that many do not come back at once. */
const backoffOf = (attempt: number): Millis => Math.min(LONGEST, SECOND * 2 ** attempt) * (0.75 + Math.random() / 2)

export const createCaller = (options: CallerOptions): Caller => {
  const { connections, log, clock = Date.now, backoff = backoffOf, signal, http, dry } = options

  const find = (order: ActionOrder): { connection: Connection; action: Action<unknown> } | StepRecord => {
    const called = `${order.connector}.${order.action}`
    const connection = connections().get(order.connector)
    const at = clock()
    if (!connection)
      return { state: 'skipped', at, called, why: `no connector ${JSON.stringify(order.connector)} is configured` }
    const action = connection.plugin.actions[order.action] as Action<unknown> | undefined
    if (action) return { connection, action }
    const known = Object.keys(connection.plugin.actions).join(', ')
    return { state: 'failed', at, called, code: 'ACTION_UNKNOWN', why: `it has no such action; it has ${known}` }
  }

  /** Our own actions pass the guards of the inbox; all others that are given an `address` are asked here. */
  const withheld = async (order: ActionOrder, { plugin }: Connection): Promise<string | undefined> => {
    const { address } = (order.input ?? {}) as { readonly address?: unknown }
    return plugin.id === 'riposte' || typeof address !== 'string' ? undefined : options.spared?.(address)
  }

  const callOf = (order: ActionOrder, connection: Connection): ActionCall => {
    const timeout = AbortSignal.timeout(order.timeout ?? connection.timeout)
    const both = signal ? AbortSignal.any([signal, timeout]) : timeout
    return {
      ...{ key: order.key, by: `playbook:${order.playbook}`, signal: both, log, clock },
      http: http ?? httpClient(both, clock),
      ...(dry ? { dry } : {}),
    }
  }

  /** Within the connector's limits; undefined with the time to wait when they are reached. */
  const admitted = async (connection: Connection): Promise<Millis> => {
    for (const end = clock() + IN_PLACE; ; ) {
      const wait = connection.admit(clock())
      if (wait === 0 || clock() + wait > end) return wait
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }

  const attempt = async (
    order: ActionOrder,
    connection: Connection,
    action: Action<unknown>,
    work: (call: ActionCall) => Promise<Partial<StepRecord>>,
  ): Promise<StepRecord> => {
    const called = `${order.connector}.${order.action}`
    const mostRetries = action.effect === 'read' ? { mostRetries: RETRIES_OF_READS } : {}
    const wait = await admitted(connection)
    if (wait > 0) {
      const { trouble } = connection.state()
      const why = trouble === undefined ? 'its limit is reached' : `it is in trouble: ${trouble}`
      return { state: 'retry', at: clock(), called, code: 'CONNECTOR_BUSY', why, after: wait, ...mostRetries }
    }
    let failure: Failure | undefined
    try {
      const record = await work(callOf(order, connection))
      crashPoint('action.done')
      return { state: 'done', at: clock(), called, ...record }
    } catch (error) {
      if (error instanceof DryRunEnd) return { state: 'done', at: clock(), called, output: {}, dry: true }
      failure = failureOf(error, called)
      if (failure.code === 'ACTION_BUG')
        log.error({ called, error: (error as Error).stack ?? String(error) }, 'an action broke')
      const { code, message, remedy, retry } = failure
      const told = { at: clock(), called, code, why: message, ...(remedy === undefined ? {} : { remedy }) }
      if (retry === 'never') return { state: 'failed', ...told }
      const after = Math.max(retry === 'backoff' ? 0 : retry.after, backoff(order.attempt))
      return { state: 'retry', ...told, after, ...mostRetries }
    } finally {
      connection.leave(clock(), failure)
    }
  }

  return {
    async act(order, tlp) {
      const found = find(order)
      if ('state' in found) return found
      const { connection, action } = found
      const called = `${order.connector}.${order.action}`
      const ceiling = connection.maxTlp ?? action.maxTlp
      if (exceeds(tlp, ceiling))
        return {
          state: 'skipped',
          at: clock(),
          called,
          why: `TLP:${tlp.toUpperCase()} may not go there, at most TLP:${ceiling.toUpperCase()}`,
        }
      const kept = await withheld(order, connection)
      if (kept !== undefined) return { state: 'skipped', at: clock(), called, why: kept }
      const input = action.input.safeParse(order.input)
      if (!input.success)
        return { state: 'failed', at: clock(), called, code: 'ACTION_INPUT', why: oneLine(input.error) }
      return attempt(order, connection, action, async (call) => {
        const output = action.output.safeParse(await action.run(input.data, connection.session, call))
        if (!output.success) throw new Failure('ACTION_OUTPUT', oneLine(output.error))
        return { output: output.data, ...(action.confirm ? { confirmable: true } : {}) }
      })
    },

    async confirm(order, output) {
      const found = find(order)
      if ('state' in found) return found
      const { connection, action } = found
      return attempt(order, connection, action, async (call) => ({
        state: (await action.confirm!(output, connection.session, call)) ? 'done' : 'retry',
      }))
    },

    async undo(order, output) {
      const found = find(order)
      if ('state' in found) return found
      const { connection, action } = found
      const called = `${order.connector}.${order.action}`
      if (!action.undo) return { state: 'skipped', at: clock(), called, why: 'it cannot be taken back' }
      return attempt(order, connection, action, async (call) => {
        await action.undo!({ input: action.input.parse(order.input), output }, connection.session, call)
        return {}
      })
    },
  }
}

const oneLine = (error: z.ZodError): string =>
  z
    .prettifyError(error)
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('✖ ', '')

/** What is no Failure is a fault of ours; its text may hold anything, so it goes to the daemon's own log only. */
const failureOf = (error: unknown, called: string): Failure =>
  error instanceof Failure
    ? error
    : new Failure('ACTION_BUG', `${called} broke`, { remedy: "See the daemon's log, and report it." })
