/**
 * The contract of every connector with actions. Each exchange of its `fixtures/` folder is played to the real action;
 * then the server misbehaves, and the action has to fail with the right advice, without a secret in it.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { Failure } from '../../src/core/failure.ts'
import type { Action, ActionCall } from '../../src/kit/action.ts'
import type { ActionPlugin } from '../../src/kit/connector.ts'
import { DryRunEnd, dryHttp, type Shown } from '../../src/kit/dry-http.ts'
import { httpClient } from '../../src/kit/http-client.ts'
import { type ExchangeFile, type ExpectedRequest, KEY, NOW, readExchanges } from './exchange.ts'
import { type Arrived, byTheBook, type Manners, startService } from './service.ts'

// biome-ignore lint/suspicious/noExplicitAny: sessions differ per connector and are opaque here.
type AnyPlugin = ActionPlugin<any, any>

/** A secret in fixtures must begin so: the suite looks for it wherever it should not be. */
const MARK = 'marked-secret'
/** For servers that say nothing, ms. */
const PATIENCE = 150

/** What a connector says of itself, for people and for forms. */
export const testSelfDescription = (plugin: AnyPlugin): void => {
  test(`${plugin.id}: what it says of itself is complete`, () => {
    assert.match(plugin.id, /^[a-z][a-z0-9-]*$/)
    for (const text of [plugin.summary, ...Object.values(plugin.actions).map(({ summary }) => summary)])
      assert.match(text, /^[A-Z].*\.$/)
    const example = parse(plugin.example) as Record<string, unknown>
    assert.deepEqual(Object.keys(example), [plugin.id])
    assert.ok(plugin.config.safeParse(example[plugin.id]).success, 'its example is valid')
    for (const [name, { input }] of Object.entries(plugin.actions)) {
      const { properties = {} } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as Described
      for (const [key, { description }] of Object.entries(properties))
        assert.ok(description, `input ${key} of ${name} is described`)
    }
  })
}

export const testActionConnector = (plugin: AnyPlugin, fixtures: URL): void => {
  const files = readExchanges(fixtures)
  testSelfDescription(plugin)

  test(`${plugin.id}: each action and the probe have an exchange`, () => {
    for (const name of Object.keys(plugin.actions))
      assert.ok(
        files.some((file) => file.action === name && file.call === 'run' && file.failure === undefined),
        `${name} has an exchange that succeeds`,
      )
    assert.ok(
      files.some((file) => file.call === 'probe'),
      'its probe has an exchange',
    )
  })

  for (const file of files)
    test(`${plugin.id}: ${file.name}`, async () => {
      const { outcome, arrived, log } = await play(
        plugin,
        file,
        byTheBook(file.exchanges.map(({ response }) => response)),
      )
      for (const [i, { request }] of file.exchanges.entries()) compare(arrived[i], request)
      assert.equal(arrived.length, file.exchanges.length, 'requests')
      if (file.failure !== undefined) {
        assert.ok(outcome instanceof Failure, `fails with ${file.failure}`)
        assert.equal(outcome.code, file.failure, outcome.message)
        assert.ok(outcome.remedy, 'a failure says what to do')
      } else {
        if (outcome instanceof Error) throw outcome
        assert.deepEqual(outcome, file.output)
      }
      assert.ok(!log.includes(MARK), 'no secret in the log')
    })

  for (const file of files.filter(({ failure }) => failure === undefined)) misbehave(plugin, file)
}

interface Described {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>
}

const misbehave = (plugin: AnyPlugin, file: ExchangeFile): void => {
  const told = (manners: Manners, check: (failure: Failure) => void, patience?: number): Promise<void> =>
    play(plugin, file, manners, patience === undefined ? {} : { patience }).then(({ outcome, log }) => {
      assert.ok(outcome instanceof Failure, `a Failure, not ${String(outcome)}`)
      const said = `${outcome.message} ${outcome.remedy} ${outcome.stack} ${String(outcome.cause)} ${log}`
      assert.ok(!said.includes(MARK), `no secret in: ${said}`)
      check(outcome)
    })
  const echo = ({ path, headers, body }: Arrived): string => JSON.stringify({ path, headers, body })

  test(`${plugin.id}: ${file.name}, by a server that is in trouble`, async () => {
    const status =
      (code: number, headers: Record<string, string> = {}): Manners =>
      (arrived, answer) => {
        answer.writeHead(code, headers)
        answer.end(echo(arrived))
      }
    await told(status(429, { 'retry-after': '7' }), ({ retry }) => assert.deepEqual(retry, { after: 7000 }))
    await told(status(500), ({ retry }) => assert.equal(retry, 'backoff'))
    await told(status(503), ({ retry }) => assert.equal(retry, 'backoff'))
    await told(status(401), ({ retry, code }) => assert.deepEqual([retry, code], ['never', 'HTTP_AUTH']))
    const elsewhere = await startService((_arrived, answer) => answer.end('{}'))
    try {
      const away = status(307, { location: `${elsewhere.url}/` })
      await told(away, ({ retry, code }) => assert.deepEqual([retry, code], ['never', 'HTTP_REDIRECT']))
      assert.equal(elsewhere.arrived.length, 0, 'redirects are not followed')
    } finally {
      await elsewhere.stop()
    }
    await told(
      (_arrived, answer) => answer.destroy(),
      ({ retry }) => assert.equal(retry, 'backoff'),
    )
    await told(
      (_arrived, answer) => void half(answer),
      ({ code, retry }) => assert.deepEqual([code, retry], ['HTTP_TIMEOUT', 'backoff']),
      PATIENCE,
    )
    await told(
      () => {},
      ({ code, retry }) => assert.deepEqual([code, retry], ['HTTP_TIMEOUT', 'backoff']),
      PATIENCE,
    )
  })

  test(`${plugin.id}: ${file.name}, by a server that answers nonsense`, async () => {
    for (const text of ['', '<html>log in</html>', '[]', 'null', '"', '{}', '{"data":null,"result":[null]}']) {
      const nonsense: Manners = (_arrived, answer) => void answer.end(text)
      const { outcome } = await play(plugin, file, nonsense)
      if (!(outcome instanceof Error)) continue
      assert.ok(outcome instanceof Failure, `a Failure, not ${outcome.stack}`)
      assert.ok(outcome.remedy)
    }
    const endless: Manners = (_arrived, answer) => {
      const more = (): void => {
        while (answer.write('x'.repeat(65_536)));
      }
      answer.on('drain', more).on('error', () => {})
      more()
    }
    await told(endless, ({ code }) => assert.equal(code, 'HTTP_TOO_LARGE'))
  })

  test(`${plugin.id}: ${file.name}, as a dry run`, async () => {
    const { outcome, arrived, shown } = await play(plugin, file, () => {}, { dry: true })
    if (outcome instanceof Error && !(outcome instanceof DryRunEnd)) throw outcome
    assert.equal(arrived.length, 0, 'nothing is sent')
    assert.ok(shown.length > 0, 'something is shown')
    assert.ok(!JSON.stringify(shown).includes(MARK), 'no secret is shown')
  })
}

const half = async (answer: ServerResponse): Promise<void> => {
  answer.writeHead(200, { 'content-length': '100' })
  answer.write('{"half":')
  await once(answer, 'close').catch(() => {})
}

const compare = (arrived: Arrived | undefined, wanted: ExpectedRequest): void => {
  assert.ok(arrived, `${wanted.method} ${wanted.path} arrived`)
  assert.equal(`${arrived.method} ${arrived.path}`, `${wanted.method} ${wanted.path}`)
  for (const [name, value] of Object.entries(wanted.headers)) assert.equal(arrived.headers[name], value, name)
  assert.match(arrived.headers['user-agent'] ?? '', /^Riposte\//)
  if (wanted.json !== undefined) assert.deepEqual(JSON.parse(arrived.body), wanted.json)
  else if (wanted.form !== undefined)
    assert.deepEqual(Object.fromEntries(new URLSearchParams(arrived.body)), wanted.form)
  else assert.equal(arrived.body, wanted.text ?? '')
}

interface Played {
  readonly outcome: unknown
  readonly arrived: readonly Arrived[]
  readonly shown: readonly Shown[]
  readonly log: string
}

interface Circumstances {
  readonly dry?: boolean
  /** Until the call is broken off, ms. */
  readonly patience?: number
}

const play = async (
  plugin: AnyPlugin,
  file: ExchangeFile,
  manners: Manners,
  { dry = false, patience = 5000 }: Circumstances = {},
): Promise<Played> => {
  const service = await startService(manners)
  const shown: Shown[] = []
  const lines: string[] = []
  const line = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`)
  const signal = AbortSignal.timeout(patience)
  const call: ActionCall = {
    ...{
      key: KEY,
      by: 'playbook:test',
      signal,
      log: { debug: line, info: line, warn: line, error: line },
      clock: () => NOW,
    },
    http: dry ? dryHttp((one) => shown.push(one)) : httpClient(signal, () => NOW),
    ...(dry ? { dry: ending(shown) } : {}),
  }
  try {
    const session = plugin.connect(plugin.config.parse(at(service.url, file.config)), {
      name: plugin.id,
      clock: () => NOW,
    })
    const outcome = await carriedOut(plugin, file, session, call).catch((error: unknown) => error)
    return { outcome, arrived: service.arrived, shown, log: lines.join('\n') }
  } finally {
    await service.stop()
  }
}

const carriedOut = async (
  plugin: AnyPlugin,
  { action: name, call: which, input }: ExchangeFile,
  session: unknown,
  call: ActionCall,
): Promise<unknown> => {
  if (which === 'probe') return plugin.probe(session, call)
  const action = plugin.actions[name] as Action<unknown> | undefined
  assert.ok(action, `${plugin.id} has an action ${name}`)
  if (which === 'run') return action.output.parse(await action.run(action.input.parse(input), session, call))
  if (which === 'confirm') return action.confirm!(action.output.parse(input), session, call)
  const { input: given, output } = input as { readonly input: unknown; readonly output: unknown }
  return action.undo!({ input: action.input.parse(given), output: action.output.parse(output) }, session, call)
}

const ending =
  (shown: Shown[]) =>
  (one: Shown): never => {
    shown.push(one)
    throw new DryRunEnd()
  }

const at = (url: string, value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll('SERVER', url))
