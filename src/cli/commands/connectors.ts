import { ACTION_PLUGINS, type ConnectorConfig } from '../../app/config/connectors.ts'
import type { Config } from '../../app/config/schema.ts'
import { Failure } from '../../core/failure.ts'
import type { Action } from '../../kit/action.ts'
import { installationOptions, jsonOption } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { installed } from '../settings.ts'
import { paletteFor } from '../ui/colour.ts'
import { EXIT_FOUND, usage } from '../ui/errors.ts'
import { printJson } from '../ui/json.ts'
import { printable } from '../ui/printable.ts'
import { shownLines } from '../ui/shown.ts'
import { table } from '../ui/table.ts'
import { withStore } from '../with-store.ts'

interface Place {
  config?: string
  state?: string
  json?: boolean
}

const find = (config: Config, name: string): ConnectorConfig => {
  const found = config.connectors.find((connector) => connector.name === name)
  if (found) return found
  const known = config.connectors.map((connector) => connector.name).join(', ')
  throw new Failure('NOT_FOUND', `no connector is called ${name}`, {
    remedy: known === '' ? 'Enter one under connectors: in the configuration.' : `Configured: ${known}.`,
  })
}

const actionsOf = (plugin: ConnectorConfig['plugin']): readonly (readonly [string, Action])[] =>
  Object.entries(plugin.actions as Readonly<Record<string, Action>>)

export const register: Register = (program, deps, exit) => {
  const { io } = deps
  const connectors = program.command('connectors').description('Outside systems that playbooks act on.')

  installationOptions(
    connectors.command('list', { isDefault: true }).description('Those that are configured, or with --all every kind.'),
  )
    .option('--all', 'every kind that there is')
    .addOption(jsonOption())
    .action((options: Place & { all?: boolean }) => {
      const listed = options.all
        ? ACTION_PLUGINS.map((plugin) => ({ name: plugin.id, plugin }))
        : installed(io, options).config.connectors
      if (options.json)
        return printJson(
          io,
          listed.map(({ name, plugin }) => ({
            name,
            kind: plugin.id,
            summary: plugin.summary,
            actions: actionsOf(plugin).map(([action]) => action),
          })),
        )
      if (listed.length === 0)
        return void io.out.write('no connector is configured: riposte connectors list --all shows what there is\n')
      const columns = [
        { header: 'NAME' },
        { header: 'KIND', drop: 1 },
        { header: 'ACTIONS', min: 12 },
        { header: 'WHAT', min: 20, drop: 2 },
      ]
      const rows = listed.map(({ name, plugin }) => [
        name,
        plugin.id,
        actionsOf(plugin)
          .map(([action]) => action)
          .join(', '),
        plugin.summary,
      ])
      io.out.write(
        `${table(columns, rows, { width: widthOf(io.out), colours: paletteFor(io.out, io.env) }).join('\n')}\n`,
      )
    })

  connectors
    .command('show')
    .description('One kind: its actions, what they need and do, and an example of its configuration.')
    .argument('<kind>', 'which, as in riposte connectors list --all')
    .addOption(jsonOption())
    .action((kind: string, options: Place) => {
      const plugin = ACTION_PLUGINS.find(({ id }) => id === kind)
      if (!plugin)
        throw usage(
          `there is no kind ${JSON.stringify(kind)}`,
          `There are ${ACTION_PLUGINS.map(({ id }) => id).join(', ')}.`,
        )
      const actions = actionsOf(plugin).map(
        ([name, { summary, effect, idempotent, maxTlp, undo, confirm, input }]) => ({
          ...{ name, summary, effect, idempotent, maxTlp, undo: undo !== undefined, confirms: confirm !== undefined },
          input: inputsOf(input),
        }),
      )
      if (options.json)
        return printJson(io, {
          kind,
          summary: plugin.summary,
          permissions: plugin.permissions,
          example: plugin.example.trim(),
          actions,
        })
      const c = paletteFor(io.out, io.env)
      const lines = [
        `${c.bold(kind)}  ${plugin.summary}`,
        '',
        ...actions.flatMap((one) => [
          `${c.bold(`${kind}.${one.name}`)}  ${one.summary}`,
          `  ${one.effect === 'read' ? 'reads only' : 'writes'}; ${one.idempotent ? 'may be repeated' : 'a repeat may double it'}; up to TLP:${one.maxTlp.toUpperCase()}${one.undo ? '; can be undone' : ''}${one.confirms ? '; asks whether it is done' : ''}`,
          ...one.input.map(({ name, description, required }) => `  ${name}${required ? '' : '?'}  ${description}`),
          '',
        ]),
        'It must be allowed:',
        ...plugin.permissions.map((line) => `  ${line}`),
        '',
        'connectors:',
        ...plugin.example
          .trim()
          .split('\n')
          .map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`),
      ]
      io.out.write(`${lines.join('\n')}\n`)
    })

  installationOptions(
    connectors
      .command('test')
      .description(
        'Ask whether one can be used; or show the exact request of an action on a real case, sending nothing.',
      ),
  )
    .argument('<name>', 'which')
    .argument('[action]', 'an action to rehearse')
    .option('--about <what>', 'incident, alert, decision or address; else the latest incident')
    .option('--with <json>', 'more of its input')
    .addOption(jsonOption())
    .action(async (name: string, action: string | undefined, options: Place & { about?: string; with?: string }) => {
      const { config } = installed(io, options)
      const connector = find(config, name)
      if (action === undefined) {
        const { probeConnector } = await import('../../app/probe-connector.ts')
        const said = await probeConnector(connector, `cli:${io.user}`, io.now)
        if (options.json) return printJson(io, { name, ok: true, text: said })
        return void io.out.write(`${name}: ${printable(said)}\n`)
      }
      const given = jsonOf(options.with)
      const [{ aboutByName }, { rehearseAction }] = await Promise.all([
        import('../../app/respond-desk.ts'),
        import('../../app/dry-run.ts'),
      ])
      const { case: facts } = await withStore(deps, options, (store) =>
        aboutByName(options.about, store, config, io.now()),
      )
      if (!facts)
        throw new Failure('NOT_FOUND', 'there is no incident to rehearse with', {
          remedy: 'Let the daemon see an attack first, or name one with --about.',
        })
      const rehearsed = await rehearseAction(name, action, given, facts, config)
      if (rehearsed.state === 'failed') exit(EXIT_FOUND)
      if (options.json) return printJson(io, rehearsed)
      const head = `${rehearsed.called} on ${facts.id}, nothing is sent${rehearsed.why === undefined ? '' : `: ${printable(rehearsed.why)}`}`
      io.out.write(`${[head, ...rehearsed.shown.flatMap((one) => ['', ...shownLines(one)])].join('\n')}\n`)
    })
}

const jsonOf = (text: string | undefined): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw usage('--with is no JSON object', 'Write for example \'{"channel": "#soc"}\'.')
}

const inputsOf = (input: Action['input']) => {
  const shape = 'shape' in input ? (input.shape as Readonly<Record<string, Action['input']>>) : {}
  return Object.entries(shape).map(([name, schema]) => ({
    name,
    description: schema.description ?? '',
    required: !schema.safeParse(undefined).success,
  }))
}
