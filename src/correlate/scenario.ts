/**
 * A scenario is data: a filter in CEL, whom it counts by, a bucket, and what it asks for when the bucket overflows.
 *
 * Enters: the text of one YAML file and its name. Leaves: a scenario ready to run.
 * Promised: nothing is guessed. An unknown key, an impossible duration or a filter that does not type-check is an
 * error with file, line, column and, where one is near, the word that was meant.
 */
import { LineCounter, parseDocument } from 'yaml'
import type { Verdict } from '../core/alert.ts'
import { REMEDIATIONS } from '../core/decision.ts'
import { didYouMean } from '../core/did-you-mean.ts'
import type { Severity } from '../core/event.ts'
import { Failure } from '../core/failure.ts'
import type { Millis } from '../core/time.ts'
import { type Place, placeInside, placeOf, placeOfKey } from '../kit/yaml-place.ts'
import type { EventView } from './event-view.ts'
import { type ConductView, compileConductFilter, compileEventFilter, type Filter, isProblem } from './filter.ts'
import { type Distinct, type Key, type ScenarioText, scenarioSchema } from './scenario-schema.ts'
import type { BucketType } from './types/bucket.ts'
import { counter } from './types/counter.ts'
import { distinct } from './types/distinct.ts'
import { leaky } from './types/leaky.ts'
import { sequence } from './types/sequence.ts'
import { trigger } from './types/trigger.ts'

/** Which events a scenario is offered at all: what keeps clean traffic cheap. */
export type On =
  | { readonly kind: 'any' }
  /** Events with at least one match that is evidence. */
  | { readonly kind: 'matches' }
  /** Events answered with one of these statuses and not blocked by the WAF itself. */
  | { readonly kind: 'status'; readonly statuses: readonly number[]; readonly methods: readonly string[] | undefined }
  /** Events that made another scenario or the evidence ask for a remedy while the client was under none. */
  | { readonly kind: 'remedies' }

const PLURAL: Readonly<Record<Distinct, string>> = {
  path: 'paths',
  target: 'targets',
  'rule-family': 'rule families',
  parameter: 'parameters',
  'user-agent': 'user agents',
  client: 'clients',
}

export interface Scenario {
  readonly name: string
  readonly summary: string
  readonly proves: string
  readonly enabled: boolean
  /** Its decisions are simulated. */
  readonly shadow: boolean
  readonly on: On
  readonly filter: Filter<EventView> | undefined
  readonly key: Key
  readonly distinct: Distinct | undefined
  readonly bucket: BucketType<unknown>
  readonly steps: readonly Filter<EventView>[]
  readonly verdict: Verdict
  readonly duration: Millis | undefined
  /** The verdict stands only if the evidence on the actor is at least as strong; else `otherwise`. */
  readonly requiresEvidence: boolean
  readonly otherwise: Verdict
  /** True of an actor that is spared: the alert is then `watch`. */
  readonly unless: Filter<ConductView> | undefined
  readonly escalate: boolean
  readonly share: boolean
  readonly severity: Severity
  readonly confidence: number
  /** After an alert, the same actor gives the next one only after so long, or when the verdict rises. */
  readonly quiet: Millis
}

const RANK = Object.fromEntries(REMEDIATIONS.map((verdict, i) => [verdict, i])) as Readonly<Record<Verdict, number>>

export const rank = (verdict: Verdict): number => RANK[verdict]

const bucketOf = (text: ScenarioText): BucketType<never> => {
  switch (text.type) {
    case 'trigger':
      return trigger()
    case 'leaky':
      return leaky({
        capacity: text.capacity!,
        leak: text.leak!,
        distinct: text.distinct !== undefined,
        ...(text.window === undefined ? {} : { window: text.window }),
      }) as BucketType<never>
    case 'counter':
      return counter({ capacity: text.capacity!, window: text.window! }) as BucketType<never>
    case 'distinct':
      return distinct({
        capacity: text.capacity!,
        window: text.window!,
        of: PLURAL[text.distinct!],
      }) as BucketType<never>
    case 'sequence':
      return sequence({ times: text.steps!.map((s) => s.times), window: text.window! }) as BucketType<never>
  }
}

const SEVERITY: Readonly<Record<Verdict, Severity>> = {
  watch: 'low',
  throttle: 'medium',
  captcha: 'medium',
  ban: 'high',
}

/**
 * Reads one scenario file. Throws a Failure SCENARIO_INVALID that lists every problem as `file:line:column: text`.
 * `file` is only used in messages.
 */
export const parseScenario = (yamlText: string, file: string): Scenario => {
  const lines = new LineCounter()
  const document = parseDocument(yamlText, { lineCounter: lines })
  const problems: string[] = []
  const report = (place: Place, text: string) => problems.push(`${file}:${place.line}:${place.column}: ${text}`)
  const fail = (): never => {
    throw new Failure('SCENARIO_INVALID', problems.slice(0, 10).join('\n'), {
      remedy: 'Correct the lines named; content/scenarios/*.yaml are examples of every type.',
    })
  }

  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0])
    report({ line, column: col }, error.message.split('\n')[0]!.replace(/ at line .*$/, ''))
  }
  if (problems.length > 0) return fail()

  let plain: unknown
  try {
    plain = document.toJS({ maxAliasCount: 0 }) ?? {}
  } catch {
    report({ line: 1, column: 1 }, 'anchors and aliases are not supported')
    return fail()
  }
  const read = scenarioSchema.safeParse(plain)
  if (!read.success) {
    for (const issue of read.error.issues) reportIssue(issue as Issue, [])
    return fail()
  }
  const text = read.data

  type Issue = {
    code: string
    message: string
    path: (string | number)[]
    keys?: string[]
    values?: readonly string[]
    errors?: Issue[][]
  }
  function reportIssue(issue: Issue, prefix: readonly (string | number)[]): void {
    const path = [...prefix, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      const known =
        path.length === 0
          ? Object.keys(scenarioSchema.shape)
          : path[0] === 'on'
            ? ['status', 'method']
            : ['filter', 'times']
      for (const key of issue.keys ?? []) {
        const near = didYouMean(key, known)
        report(
          placeOfKey(document, lines, path, key),
          `unknown key ${JSON.stringify(key)}${near === undefined ? '' : `; did you mean ${near}?`}`,
        )
      }
      return
    }
    const given = document.getIn(path)
    if (issue.code === 'invalid_union') {
      // The branch that was meant is the mapping when a mapping was written.
      const inner = issue.errors?.[1]
      if (typeof given === 'object' && given !== null && inner) for (const i of inner) reportIssue(i, path)
      else {
        const near = typeof given === 'string' ? didYouMean(given, ['any', 'matches', 'remedies']) : undefined
        report(
          placeOf(document, lines, path),
          near === undefined ? issue.message : `${issue.message}; did you mean ${near}?`,
        )
      }
      return
    }
    const near = issue.values && typeof given === 'string' ? didYouMean(given, issue.values.map(String)) : undefined
    const name = path.length === 0 ? '' : `${path.join('.')}: `
    const missing = given === undefined && issue.code === 'invalid_type' ? 'is missing' : issue.message
    report(placeOf(document, lines, path), `${name}${missing}${near === undefined ? '' : `; did you mean ${near}?`}`)
  }

  const filterAt = <V>(
    path: readonly (string | number)[],
    source: string,
    compile: (source: string) => Filter<V> | { text: string; at: number },
  ): Filter<V> | undefined => {
    const compiled = compile(source)
    if (!isProblem(compiled)) return compiled as Filter<V>
    report(placeInside(document, lines, path, source, compiled.at), `${path.join('.')}: ${compiled.text}`)
    return undefined
  }

  const filter = text.filter === undefined ? undefined : filterAt(['filter'], text.filter, compileEventFilter)
  const unless = text.unless === undefined ? undefined : filterAt(['unless'], text.unless, compileConductFilter)
  const steps = (text.steps ?? []).map((s, i) => filterAt(['steps', i, 'filter'], s.filter, compileEventFilter))
  if (problems.length > 0) return fail()

  return {
    name: text.name,
    summary: text.summary,
    proves: text.proves,
    enabled: text.enabled,
    shadow: text.shadow,
    on:
      typeof text.on === 'string'
        ? { kind: text.on }
        : { kind: 'status', statuses: text.on.status, methods: text.on.method },
    filter,
    key: text.key,
    distinct: text.distinct,
    bucket: bucketOf(text) as BucketType<unknown>,
    steps: steps as Filter<EventView>[],
    verdict: text.verdict,
    duration: text.duration,
    requiresEvidence: text.requires === 'evidence',
    otherwise: text.otherwise,
    unless,
    escalate: text.escalate,
    share: text.share,
    severity: text.severity ?? SEVERITY[text.verdict],
    confidence: text.confidence,
    quiet: text.quiet,
  }
}
