/**
 * Plays a playbook on a case with recorded answers, and compares what it does: every request to the letter, every
 * command, how each step and the run end. A test is a YAML file in `tests/<playbook>/` beside the playbooks.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Command } from '../core/act.ts'
import { Failure } from '../core/failure.ts'
import { TRIGGER_KINDS, type Trigger } from '../core/trigger.ts'
import { caseFile } from '../kit/case-file.ts'
import type { Http } from '../kit/http.ts'
import { answerOf, judged } from '../kit/http-answer.ts'
import { type HttpMessage, onTheWire } from '../kit/http-message.ts'
import { caseFixture } from '../kit/sample-case.ts'
import { createCaller } from '../respond/caller.ts'
import { type Hands, interpret } from '../respond/interpreter.ts'
import { MemoryEngine } from '../respond/memory-engine.ts'
import type { Playbook } from '../respond/playbook.ts'
import type { RunOutcome } from '../respond/run-input.ts'
import { connectorEntry } from './config/connectors.ts'
import { defaultConfig } from './config/load.ts'
import { connectionsOf } from './respond.ts'

const testFile = z.strictObject({
  what: z.string().min(1).describe('One sentence.'),
  trigger: z
    .strictObject({ kind: z.enum(TRIGGER_KINDS), type: z.string().optional() })
    .default({ kind: 'incident.opened' })
    .describe('What starts it.'),
  case: z.record(z.string(), z.unknown()).default({}).describe('Changes to the sample case.'),
  vars: z.record(z.string(), z.unknown()).default({}),
  connectors: z.array(z.record(z.string(), z.unknown())).default([]).describe('As under `connectors:`.'),
  approve: z.boolean().default(true).describe('What people answer.'),
  answers: z
    .array(
      z.strictObject({
        request: z.strictObject({
          method: z.string(),
          url: z.string(),
          json: z.unknown().optional(),
          form: z.record(z.string(), z.string()).optional(),
        }),
        response: z.strictObject({
          status: z.int().default(200),
          headers: z.record(z.string(), z.string()).default({}),
          json: z.unknown().optional(),
          text: z.string().optional(),
        }),
      }),
    )
    .default([])
    .describe('Each request that it is to make, and the recorded answer.'),
  expect: z.strictObject({
    outcome: z.enum(['done', 'stopped', 'failed']).default('done'),
    why: z.string().optional(),
    steps: z.record(z.string(), z.enum(['done', 'skipped', 'failed'])).default({}),
    commands: z.array(z.record(z.string(), z.unknown())).default([]).describe('Of our own actions, in order.'),
  }),
})

export interface PlaybookTest {
  readonly playbook: string
  readonly name: string
  readonly what: string
  /** Empty when it passes. */
  readonly faults: readonly string[]
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** The tests of these playbooks below `folder`. Throws the Failure `PLAYBOOK_TEST` for a file that is none. */
export const testPlaybooks = async (
  folder: string,
  playbooks: ReadonlyMap<string, Playbook>,
  names: readonly string[],
): Promise<readonly PlaybookTest[]> => {
  const found: PlaybookTest[] = []
  for (const name of names)
    for (const file of filesIn(join(folder, 'tests', name)))
      found.push(await testOne(playbooks.get(name)!, playbooks, file))
  return found
}

const filesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

const readTest = (file: string) => {
  const read = testFile.safeParse(parse(readFileSync(file, 'utf8')))
  if (read.success) return read.data
  throw new Failure('PLAYBOOK_TEST', `${file}: ${z.prettifyError(read.error)}`, {
    remedy: 'content/playbooks/tests has examples.',
  })
}

type Test = z.output<typeof testFile>

const testOne = async (
  playbook: Playbook,
  playbooks: ReadonlyMap<string, Playbook>,
  file: string,
): Promise<PlaybookTest> => {
  const test = readTest(file)
  const faults: string[] = []
  const commands: Command[] = []
  const { http, unused } = recorded(test.answers, faults)
  const door = {
    ask: async (command: Command) => commands.push(command),
    answer: async () => ({ ok: true, text: 'done' }),
    report: async (incident: string) => ({ markdown: `the report of ${incident}` }),
  }
  const config = { ...defaultConfig(), connectors: test.connectors.map((entry) => connectorEntry.parse(entry)) }
  const connections = connectionsOf(config, door)
  const caller = createCaller({ connections: () => connections, log: SILENT, http, backoff: () => 0 })
  const facts = caseFile.parse({ ...caseFixture(), ...test.case })
  const states = new Map<string, string>()
  const hands: Hands = {
    async act(order) {
      const record = await caller.act(order, facts.tlp)
      states.set(order.key.slice('test/'.length), record.state)
      return record
    },
    confirm: caller.confirm,
    undo: caller.undo,
    ask: async ({ step }) => ({ id: step, expiresAt: 0 }),
    link: (question, person = 'anybody') => `https://riposte.test/approve/${question}/${person}`,
    answer: async () => (test.approve ? 'approved' : 'rejected'),
    now: () => 0,
  }
  const trigger: Trigger = {
    at: 0,
    severity: facts.severity,
    subject: facts.subject.value,
    kind: test.trigger.kind,
    ...(test.trigger.type === undefined ? {} : { type: test.trigger.type }),
  }
  const { name, version } = playbook
  const outcome = await interpret(
    {
      root: 'test',
      playbook: name,
      version,
      texts: {},
      trigger,
      case: facts,
      vars: test.vars,
      connectors: [...connections.keys()],
    },
    playbooks,
    new MemoryEngine(),
    hands,
  )
  for (const step of Object.keys(outcome.skipped ?? {})) states.set(step, 'skipped')
  faults.push(...unused(), ...differences(test, outcome, states, commands))
  return {
    playbook: name,
    name: file
      .split('/')
      .at(-1)!
      .replace(/\.yaml$/, ''),
    what: test.what,
    faults,
  }
}

const differences = (
  { expect }: Test,
  outcome: RunOutcome,
  states: ReadonlyMap<string, string>,
  commands: readonly Command[],
): readonly string[] => [
  ...(outcome.state === expect.outcome
    ? []
    : [`it ends ${outcome.state} (${outcome.why ?? ''}), not ${expect.outcome}`]),
  ...(expect.why === undefined || expect.why === outcome.why
    ? []
    : [`it ends because of ${JSON.stringify(outcome.why)}`]),
  ...Object.entries(expect.steps).flatMap(([step, state]) =>
    states.get(step) === state ? [] : [`step ${step} is ${states.get(step) ?? 'not reached'}, not ${state}`],
  ),
  ...(isDeepStrictEqual(JSON.parse(JSON.stringify(commands)), expect.commands)
    ? []
    : [`its commands are ${JSON.stringify(commands)}, not ${JSON.stringify(expect.commands)}`]),
]

/** Answers each request once with what was recorded for it; what nobody expected, or differs, is a fault. */
const recorded = (answers: Test['answers'], faults: string[]): { http: Http; unused: () => readonly string[] } => {
  const left = [...answers]
  const matches = (message: HttpMessage, { request }: Test['answers'][number]): boolean =>
    message.method === request.method && message.url === request.url
  const bodyFault = (message: HttpMessage, { request }: Test['answers'][number]): string | undefined => {
    const { json, form } = request
    if (json !== undefined && !isDeepStrictEqual(JSON.parse(message.body ?? 'null'), json))
      return `${message.method} ${message.url} has the body ${message.body}`
    if (form !== undefined && !isDeepStrictEqual(Object.fromEntries(new URLSearchParams(message.body)), form))
      return `${message.method} ${message.url} has the form ${message.body}`
    return undefined
  }
  const http: Http = async (target, request) => {
    const message = onTheWire(target, request)
    const index = left.findIndex((one) => matches(message, one))
    if (index < 0) {
      faults.push(`nobody expected ${message.method} ${message.url}`)
      throw new Failure('PLAYBOOK_TEST', 'no answer was recorded')
    }
    const [one] = left.splice(index, 1)
    const fault = bodyFault(message, one!)
    if (fault) faults.push(fault)
    const { status, headers, json, text } = one!.response
    const answer = answerOf({
      status,
      headers,
      text: json === undefined ? (text ?? '') : JSON.stringify(json),
      where: message.url,
      now: 0,
      blot: (said) => said,
    })
    return judged(answer, request.expect ?? [])
  }
  return { http, unused: () => left.map(({ request }) => `${request.method} ${request.url} was not asked`) }
}
