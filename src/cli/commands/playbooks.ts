import type { Config } from '../../app/config/schema.ts'
import type { Playbook } from '../../app/playbooks.ts'
import { Failure } from '../../core/failure.ts'
import { installationOptions, jsonOption } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { installed } from '../settings.ts'
import { paletteFor } from '../ui/colour.ts'
import { EXIT_FOUND, usage } from '../ui/errors.ts'
import { printJson } from '../ui/json.ts'
import { roomOf } from '../ui/layout.ts'
import { printable } from '../ui/printable.ts'
import { shownLines } from '../ui/shown.ts'
import { table } from '../ui/table.ts'
import { wrap } from '../ui/width.ts'
import { withStore } from '../with-store.ts'

interface Place {
  config?: string
  state?: string
  json?: boolean
}

const triggersOf = ({ on }: Playbook): string =>
  on.length === 0
    ? 'by hand'
    : on
        .map(({ kinds, severity }) => `${kinds.join(', ')}${severity === undefined ? '' : ` (${severity} or worse)`}`)
        .join('; ')

const toVars = (text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => {
  const [, name, value] = /^([a-z][a-z0-9_]*)=(.*)$/s.exec(text) ?? []
  if (name === undefined) throw usage(`${JSON.stringify(text)} is no variable`, 'Write name=value.')
  return { ...before, [name]: value! }
}

export const register: Register = (program, deps, exit) => {
  const { io } = deps
  const playbooks = program.command('playbooks').description('What is done about attacks beyond decisions.')
  const all = async (config: Config) => (await import('../../app/playbooks.ts')).playbooksOf(config)
  const find = async (config: Config, name: string): Promise<Playbook> => {
    const set = await all(config)
    const found = set.get(name)
    if (found) return found
    throw new Failure('NOT_FOUND', `there is no playbook ${JSON.stringify(name)}`, {
      remedy: `There are ${[...set.keys()].join(', ')}.`,
    })
  }

  installationOptions(playbooks.command('list', { isDefault: true }).description('All of them, and what starts them.'))
    .addOption(jsonOption())
    .action(async (options: Place) => {
      const { config } = installed(io, options)
      const { idleOf, playbooksOf } = await import('../../app/playbooks.ts')
      const byName = playbooksOf(config)
      const set = [...byName.values()]
      const idle = idleOf(byName, new Set(['riposte', ...config.connectors.map(({ name }) => name)]))
      const stateOf = ({ enabled, name }: Playbook): string => (enabled ? (idle.has(name) ? 'idle' : 'on') : 'off')
      if (options.json)
        return printJson(
          io,
          set.map(({ name, summary, enabled, version, file, on }) => ({
            ...{ name, summary, enabled, idle: idle.has(name), version, file },
            on: on.map(({ kinds, severity, schedule }) => ({ kinds, severity, schedule })),
          })),
        )
      const c = paletteFor(io.out, io.env)
      const columns = [
        { header: 'NAME' },
        { header: 'STATE' },
        { header: 'STARTED BY', min: 16 },
        { header: 'WHAT', min: 24, drop: 1 },
      ]
      const rows = set.map((playbook) => [
        playbook.name,
        { text: stateOf(playbook), paint: playbook.enabled && !idle.has(playbook.name) ? c.green : c.dim },
        triggersOf(playbook),
        playbook.summary,
      ])
      io.out.write(`${table(columns, rows, { width: widthOf(io.out), colours: c }).join('\n')}\n`)
      if (set.some((playbook) => stateOf(playbook) === 'idle'))
        io.out.write('idle: nothing starts it, because none of the connectors that it uses is configured\n')
    })

  installationOptions(playbooks.command('show').description('The text of one.'))
    .argument('<name>', 'which')
    .action(async (name: string, options: Place) => {
      const { config } = installed(io, options)
      const { text, file, version } = await find(config, name)
      io.err.write(`${file}, version ${version}\n`)
      io.out.write(text)
    })

  installationOptions(
    playbooks
      .command('diff')
      .description(
        'How yours differ from the shipped ones that they stand for; with --run, today from when it started.',
      ),
  )
    .argument('[name...]', 'which of yours; else all that stand for shipped ones')
    .option('--run <run>', 'compare with what this run was started with')
    .addOption(jsonOption())
    .action(async (names: string[], options: Place & { run?: string }) => {
      if (options.run !== undefined && names.length > 0)
        throw usage('a run says itself which playbooks it uses', 'Give names, or --run.')
      const { config } = installed(io, options)
      const { againstShipped, sinceRun } = await import('../../app/playbook-diff.ts')
      const found = options.run === undefined ? againstShipped(config, names) : await sinceRun(config, options.run)
      if (options.json) return printJson(io, found)
      if (found.length === 0) return void io.out.write('none of yours stands for a shipped one\n')
      const c = paletteFor(io.out, io.env)
      const paint = { '-': c.red, '+': c.green, '@': c.cyan } as const
      const lines = found.flatMap(({ name, from, to, lines }) =>
        lines.length === 0
          ? [`${name}: no difference`]
          : [
              `${c.bold(name)}: ${from} → ${to}`,
              ...lines.map((line) => (paint[line[0] as keyof typeof paint] ?? String)(printable(line))),
            ],
      )
      io.out.write(`${lines.join('\n')}\n`)
    })

  installationOptions(
    playbooks
      .command('check')
      .description('Whether all of them fit what is configured. Exit code 1 when one does not.'),
  )
    .addOption(jsonOption())
    .action(async (options: Place) => {
      const { config } = installed(io, options)
      const { checkPlaybook } = await import('../../app/check-playbooks.ts')
      const set = [...(await all(config)).values()].filter(({ enabled }) => enabled)
      const issues = set.flatMap((playbook) => checkPlaybook(playbook, config))
      const errors = issues.filter(({ level }) => level === 'error')
      if (errors.length > 0) exit(EXIT_FOUND)
      if (options.json) return printJson(io, issues)
      const c = paletteFor(io.out, io.env)
      for (const { place, text } of errors) io.out.write(`${c.alarm('error')}  ${place}: ${printable(text)}\n`)
      const skipped = issues.filter(({ level }) => level === 'skipped')
      const names = [...new Set(skipped.map(({ text }) => text.split(' ')[0]!))]
      if (skipped.length > 0) {
        const text = `${skipped.length} steps are skipped, for what is not configured: ${names.join(', ')}`
        io.out.write(`${wrap(text, roomOf({ colours: c, width: widthOf(io.out) })).join('\n')}\n`)
      }
      if (errors.length === 0) io.out.write(`${set.length} playbooks fit\n`)
    })

  installationOptions(
    playbooks
      .command('test')
      .description(
        'Play the tests of playbooks: recorded answers, every request compared. Exit code 1 when one fails.',
      ),
  )
    .argument('[name...]', 'which; else all')
    .addOption(jsonOption())
    .action(async (names: string[], options: Place) => {
      const { config } = installed(io, options)
      const set = await all(config)
      for (const name of names) await find(config, name)
      const [{ testPlaybooks }, { playbookFolder }] = await Promise.all([
        import('../../app/playbook-test.ts'),
        import('../../app/content.ts'),
      ])
      const wanted = names.length > 0 ? names : [...set.keys()]
      const folders = [playbookFolder, ...(config.playbooks.path === undefined ? [] : [config.playbooks.path])]
      const tests = (await Promise.all(folders.map((folder) => testPlaybooks(folder, set, wanted)))).flat()
      const failed = tests.filter(({ faults }) => faults.length > 0)
      if (failed.length > 0) exit(EXIT_FOUND)
      if (options.json) return printJson(io, tests)
      const c = paletteFor(io.out, io.env)
      for (const { playbook, name, what, faults } of tests) {
        const mark = faults.length === 0 ? c.green('pass') : c.alarm('fail')
        io.out.write(`${mark}  ${playbook}/${name}  ${what}\n`)
        for (const fault of faults) io.out.write(`      ${printable(fault)}\n`)
      }
      io.out.write(`${tests.length - failed.length} of ${tests.length} pass\n`)
    })

  installationOptions(
    playbooks.command('run').description('Start one by hand; with --dry-run show what it would send, sending nothing.'),
  )
    .argument('<name>', 'which')
    .option('--about <what>', 'incident, alert, decision or address; else the latest incident')
    .option('--var <name=value>', 'a variable of it; repeatable', toVars)
    .option('--dry-run', 'only show every request')
    .addOption(jsonOption())
    .action(
      async (name: string, options: Place & { about?: string; var?: Record<string, string>; dryRun?: boolean }) => {
        const { config } = installed(io, options)
        const playbook = await find(config, name)
        const { aboutByName, startByHand } = await import('../../app/respond-desk.ts')
        if (!options.dryRun) {
          const order = { playbook: name, about: options.about, vars: options.var ?? {} }
          await withStore(deps, options, (store) => startByHand(order, store, config, io.now()))
          if (options.json) return printJson(io, { ok: true })
          return void io.out.write(`${name} is queued; the daemon starts it: riposte runs\n`)
        }
        const { rehearsePlaybook } = await import('../../app/dry-run.ts')
        const about = await withStore(deps, options, (store) => aboutByName(options.about, store, config, io.now()))
        const rehearsal = {
          ...about,
          playbook,
          playbooks: await all(config),
          ...(options.var ? { vars: options.var } : {}),
        }
        const { outcome, steps } = await rehearsePlaybook(rehearsal, config)
        if (outcome.state === 'failed') exit(EXIT_FOUND)
        if (options.json) return printJson(io, { outcome, steps })
        const lines = steps.flatMap(({ called, key, state, why, shown }) => [
          `${key.replace(/^dry-run\//, '')}  ${called}  ${state}${why === undefined ? '' : `: ${printable(why)}`}`,
          ...shown.flatMap((one) => ['', ...shownLines(one)]),
          '',
        ])
        const end = `${outcome.state}${outcome.why === undefined ? '' : `: ${printable(outcome.why)}`}; nothing was sent`
        io.out.write(`${[...lines, end].join('\n')}\n`)
      },
    )
}
