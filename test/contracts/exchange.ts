/**
 * One recorded or documented exchange of an action with its server: a YAML file in `connectors/<id>/fixtures/`. It is
 * played to the real action by a local server that compares what arrives, whole.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'
import { caseEventFixture, caseFixture } from '../../src/kit/sample-case.ts'

const request = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  /** With its query. */
  path: z.string(),
  /** Those that matter; lower case names. */
  headers: z.record(z.string(), z.string()).default({}),
  /** The body: exactly one, or none. */
  json: z.unknown().optional(),
  form: z.record(z.string(), z.string()).optional(),
  text: z.string().optional(),
})

const response = z.strictObject({
  status: z.int().default(200),
  headers: z.record(z.string(), z.string()).default({}),
  json: z.unknown().optional(),
  text: z.string().optional(),
})

const exchangeFile = z.strictObject({
  action: z.string().default(''),
  /** `confirm`: `input` is the output of the run; `undo`: `input` has both, as `input` and `output`; `probe` has none. */
  call: z.enum(['run', 'confirm', 'undo', 'probe']).default('run'),
  /** Where the shape of the exchange comes from: a recording of what, or the page that documents it. */
  source: z.string().min(10),
  /** As under `connectors:`; `SERVER` stands for the address of the local server. */
  config: z.record(z.string(), z.unknown()),
  /** `$case` stands for the case of `kit/sample-case.ts`, `$event` for its event. */
  input: z.record(z.string(), z.unknown()).default({}),
  exchanges: z.array(z.strictObject({ request, response })).min(1),
  output: z.unknown().optional(),
  /** The code of the Failure in which it ends instead. */
  failure: z.string().optional(),
})

export type ExchangeFile = z.output<typeof exchangeFile> & { readonly name: string }
export type ExpectedRequest = z.output<typeof request>
export type PlannedResponse = z.output<typeof response>

/** The call's idempotency key and clock in all exchanges. */
export const KEY = 'run-1/step-1'
export const NOW = Date.parse('2026-11-27T08:02:00Z')

const STANDINS: Readonly<Record<string, () => unknown>> = {
  $case: caseFixture,
  $event: caseEventFixture,
  $events: () => [caseEventFixture()],
}

const filled = (value: unknown): unknown => {
  if (typeof value === 'string') return STANDINS[value]?.() ?? value
  if (Array.isArray(value)) return value.map(filled)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner)]))
}

export const readExchanges = (folder: URL): readonly ExchangeFile[] => {
  const path = fileURLToPath(folder)
  return readdirSync(path)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name): ExchangeFile => {
      const read = exchangeFile.safeParse(parse(readFileSync(join(path, name), 'utf8')))
      if (!read.success) throw new Error(`${name}: ${z.prettifyError(read.error)}`)
      return { ...(filled(read.data) as z.output<typeof exchangeFile>), name: name.slice(0, -5) }
    })
}
