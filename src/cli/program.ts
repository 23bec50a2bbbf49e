/**
 * The command line.
 *
 *   enters   the words after `riposte`, and `Deps`
 *   leaves   text on the out stream (data), on the error stream (progress, errors), and an exit code
 *   promise  0 fine, 1 problems found, 2 not done; an error always says what to do; `--json` prints JSON and nothing else
 */
import { Command, CommanderError } from 'commander'
import { didYouMean } from '../core/did-you-mean.ts'
import { register as alerts } from './commands/alerts.ts'
import { register as allowlists } from './commands/allowlists.ts'
import { register as bouncers } from './commands/bouncers.ts'
import { register as canary } from './commands/canary.ts'
import { register as check } from './commands/check.ts'
import { register as completion } from './commands/completion.ts'
import { register as connectors } from './commands/connectors.ts'
import { register as decisions } from './commands/decisions.ts'
import { register as demo } from './commands/demo.ts'
import { register as events } from './commands/events.ts'
import { register as explain } from './commands/explain.ts'
import { register as exportList } from './commands/export.ts'
import { register as importList } from './commands/import.ts'
import { register as incidents } from './commands/incidents.ts'
import { register as nftKeeper } from './commands/nft-keeper.ts'
import { register as outbox } from './commands/outbox.ts'
import { register as playbooks } from './commands/playbooks.ts'
import { register as points } from './commands/points.ts'
import { register as rbl } from './commands/rbl.ts'
import { register as replay } from './commands/replay.ts'
import { register as runs } from './commands/runs.ts'
import { register as serve } from './commands/serve.ts'
import { register as status } from './commands/status.ts'
import { register as why } from './commands/why.ts'
import type { Deps } from './deps.ts'
import { widthOf } from './io.ts'
import type { Register, SetExit } from './register.ts'
import { paletteFor, usesColour } from './ui/colour.ts'
import { EXIT_ERROR, EXIT_OK, reportError, usage } from './ui/errors.ts'

const REGISTERS: readonly Register[] = [
  serve,
  demo,
  check,
  replay,
  explain,
  why,
  status,
  decisions,
  alerts,
  incidents,
  events,
  allowlists,
  importList,
  exportList,
  points,
  canary,
  rbl,
  bouncers,
  playbooks,
  runs,
  outbox,
  connectors,
  nftKeeper,
  completion,
]

export const buildProgram = (deps: Deps, exit: SetExit): Command => {
  const { io } = deps
  const c = paletteFor(io.out, io.env)
  const program = new Command('riposte')
    .description('Active defence for ModSecurity: audit logs become explained, durable decisions.')
    .version(deps.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.out.write(text),
      writeErr: (text) => void io.err.write(text),
      // Errors are printed once, by reportError.
      outputError: () => {},
      getOutHelpWidth: () => Math.min(widthOf(io.out) ?? 100, 100),
      getErrHelpWidth: () => Math.min(widthOf(io.err) ?? 100, 100),
      getOutHasColors: () => usesColour(io.out, io.env),
      getErrHasColors: () => usesColour(io.err, io.env),
    })
    .configureHelp({
      styleTitle: (text) => c.bold(text),
      styleCommandText: (text) => c.cyan(text),
      styleSubcommandTerm: (text) => c.cyan(text),
      styleOptionTerm: (text) => c.cyan(text),
      subcommandTerm: (command) => `${command.name()} ${command.usage().replace('[options]', '').trim()}`.trim(),
    })
    .addHelpText(
      'after',
      `\nStart here:\n  riposte demo --once             watch a recorded attack become decisions\n  riposte replay access.log       what Riposte would have done\n  riposte why 203.0.113.9         from a block back to the bytes\n`,
    )
  for (const register of REGISTERS) register(program, deps, exit)
  return program
}

/** Groups list by default (`riposte events`), so commander would take a mistyped verb for an argument of `list`. */
const refuseUnknownVerb = (program: Command, argv: readonly string[]): void => {
  const group = program.commands.find((command) => command.name() === argv[0])
  const verb = argv[1]
  if (!group || group.commands.length === 0 || verb === undefined || verb.startsWith('-')) return
  const known = group.commands.map((command) => command.name())
  if (verb === 'help' || known.includes(verb)) return
  const near = didYouMean(verb, known)
  throw usage(
    `unknown command 'riposte ${group.name()} ${verb}'`,
    near ? `Did you mean riposte ${group.name()} ${near}?` : `One of: ${known.join(', ')}.`,
  )
}

const refuseUnknownCommand = (program: Command, argv: readonly string[]): void => {
  const word = argv[0] === 'help' ? argv[1] : argv[0]
  if (word === undefined) return
  const known = program.commands.map((command) => command.name())
  if (known.includes(word) || ['-h', '--help', '-V', '--version'].includes(word)) return
  const later = argv.find((other) => known.includes(other))
  if (word.startsWith('-') && later !== undefined)
    throw usage(`option '${word}' stands before the command`, `Write the command first: riposte ${later} ${word} …`)
  if (word.startsWith('-')) return
  const near = didYouMean(word, known)
  throw usage(
    `unknown command '${word}'`,
    near ? `Did you mean riposte ${near}?` : 'See riposte --help for all commands.',
  )
}

/** Runs one command line; never throws. `argv` are the words after the program's name. */
export const runCli = async (argv: readonly string[], deps: Deps): Promise<number> => {
  let code = EXIT_OK
  const program = buildProgram(deps, (wanted) => {
    code = wanted
  })
  try {
    refuseUnknownCommand(program, argv)
    refuseUnknownVerb(program, argv)
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    // Help and version leave by an exception too.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_OK
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT_ERROR
    return reportError(deps.io, error)
  }
}
