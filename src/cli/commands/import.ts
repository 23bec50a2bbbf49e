import { basename } from 'node:path'
import { Option } from 'commander'
import type { Account } from '../../app/exchange/account.ts'
import type { Gathered } from '../../app/exchange/gather.ts'
import type { Input } from '../../app/exchange/input.ts'
import type { Policy } from '../../app/exchange/judge.ts'
import type { Source } from '../../app/exchange/read-list.ts'
import { REMEDIATIONS, type Remediation } from '../../core/decision.ts'
import { Failure } from '../../core/failure.ts'
import { DAY, type Millis } from '../../core/time.ts'
import type { Store } from '../../kit/store.ts'
import { installationOptions, jsonOption, toDuration } from '../arguments.ts'
import type { Deps } from '../deps.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { installed } from '../settings.ts'
import { paletteFor } from '../ui/colour.ts'
import { EXIT_FOUND, usage } from '../ui/errors.ts'
import { importJson, importScreen } from '../ui/import-screen.ts'
import { printJson } from '../ui/json.ts'
import { plural } from '../ui/number.ts'
import { type ProgressLine, progressLine } from '../ui/progress.ts'
import { carryOutAll, withStore } from '../with-store.ts'

interface Options {
  config?: string
  state?: string
  as?: 'decisions' | 'allowlist'
  list?: string
  type: Remediation
  duration: Millis
  maxDuration: Millis
  dryRun?: boolean
  strict?: boolean
  force?: boolean
  json?: boolean
}

const TOLD: Readonly<Record<Source, string>> = {
  crowdsec: 'crowdsec.db, cscli decisions list -a -l 0 -o json (or raw), LAPI JSON, allowlists, parser whitelists.',
  fail2ban: 'fail2ban.sqlite3, what fail2ban-client prints (status JAIL, banned), ignoreip of jail.local.',
  csv: 'CSV, plain lists, netsets, Spamhaus DROP, hosts files, and what riposte export writes.',
}

/** The name of a list, from the file's: lower case, and only what a name may hold. */
const listName = (source: Source, file: string): string => {
  if (source !== 'csv' || file === '-') return source
  const name = basename(file)
    .toLowerCase()
    .replace(/\.[a-z0-9]{1,6}$/, '')
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|-+$/g, '')
  return name.slice(0, 62) || source
}

export const register: Register = (program, deps, exit) => {
  const group = program
    .command('import')
    .description('Take over decisions and allowlists of others; each entry goes through our guards.')
  for (const source of ['crowdsec', 'fail2ban', 'csv'] as const)
    installationOptions(group.command(source).description(TOLD[source]))
      .argument('<file>', 'the list; - is standard input')
      .addOption(
        new Option('--as <what>', 'what the entries become; else what the source keeps them as').choices([
          'decisions',
          'allowlist',
        ]),
      )
      .option('--list <name>', 'name of the list, shown as the origin feed:<name>')
      .addOption(new Option('-t, --type <type>', 'for entries without a type').choices(REMEDIATIONS).default('ban'))
      .addOption(
        new Option('-d, --duration <time>', 'for entries without an end; counts from now')
          .argParser(toDuration)
          .default(DAY, '24h'),
      )
      .addOption(
        new Option('--max-duration <time>', 'the longest; what is permanent there lasts so long here')
          .argParser(toDuration)
          .default(365 * DAY, '365d'),
      )
      .option('--dry-run', 'say what would happen, change nothing')
      .option('--strict', 'import nothing when anything is unreadable')
      .option('--force', 'take allowlist entries wider than /8 (IPv6: /16)')
      .addOption(jsonOption())
      .action(async (file: string, options: Options) => {
        const { io } = deps
        const list = options.list ?? listName(source, file)
        const line = progressLine(io)
        try {
          const account = await importList(deps, source, file, list, options, line)
          line.clear()
          const shown = { dryRun: options.dryRun === true, list }
          if (options.json) printJson(io, importJson(account, shown))
          else {
            const screen = { ...shown, colours: paletteFor(io.out, io.env), width: widthOf(io.out) }
            io.out.write(`${importScreen(account, screen).join('\n')}\n`)
          }
          if (account.unreadable > 0 || account.unsent > 0) exit(EXIT_FOUND)
        } finally {
          line.clear()
        }
      })
}

const importList = async (
  deps: Deps,
  source: Source,
  file: string,
  list: string,
  options: Options,
  line: ProgressLine,
): Promise<Account> => {
  const { openInput } = await import('../../app/exchange/input.ts')
  const { enter, importCommands, isListName } = await import('../../app/exchange/send.ts')
  if (!isListName(list))
    throw usage(
      `${JSON.stringify(list)} is no name of a list`,
      'Write lower case letters, digits, dots, dashes and underscores, such as spamhaus-drop.',
    )
  const input = openInput(file)
  if (options.dryRun) return rehearsed(deps, source, input, list, options, line)
  return withStore(deps, options, async (store, config) => {
    const { account, harvest } = await gathered(deps, source, input, options, store, line)
    const whole = harvest.size + harvest.allowances.size
    const stop = new AbortController()
    const interrupt = (): void => stop.abort()
    process.once('SIGINT', interrupt)
    let sent = 0
    try {
      await carryOutAll(
        deps,
        store,
        config,
        importCommands(harvest, list),
        (command, answer) => {
          enter(account, command, answer.text)
          sent += command.entries.length
          // The bar runs through the file a second time: as much of it as is in force.
          const total = input.size ?? whole
          line.update({ bytes: (total * sent) / whole, total, records: account.read, decisions: account.imported })
        },
        stop.signal,
      )
    } catch (error) {
      if (sent === 0) throw error
      const { message, remedy } = error as Failure
      throw new Failure('IMPORT_UNFINISHED', `${plural(sent, 'entry', 'entries')} of ${whole} sent, then: ${message}`, {
        remedy: `${remedy ?? ''} Run it again: what is in force already is recognised.`.trim(),
        cause: error,
      })
    } finally {
      process.off('SIGINT', interrupt)
    }
    account.unsent = whole - sent
    return account
  })
}

/** Reads and judges the list. Throws IMPORT_EMPTY and, when --strict is given, IMPORT_UNREADABLE. */
const gathered = async (
  { io }: Deps,
  source: Source,
  input: Input,
  options: Options,
  store: Store | undefined,
  line: ProgressLine,
): Promise<Gathered> => {
  const { gather } = await import('../../app/exchange/gather.ts')
  const { gateFor } = await import('../../app/spared.ts')
  const now = io.now()
  const entries = (await store?.allowlist()) ?? []
  const policy: Policy = {
    ...(options.as === undefined ? {} : { as: options.as }),
    type: options.type,
    duration: options.duration,
    maxDuration: options.maxDuration,
    force: options.force === true,
    now,
    gate: gateFor(installed(io, options).config, entries, now),
    allowed: new Map(entries.map((entry) => [entry.value, entry.expiresAt ?? Number.POSITIVE_INFINITY])),
  }
  const found = await gather(source, input, policy, (bytes, records) =>
    line.update({ bytes, ...(input.size === undefined ? {} : { total: input.size }), records, decisions: 0 }),
  )
  const { account } = found
  if (account.read === 0)
    throw new Failure('IMPORT_EMPTY', `${input.name} holds no entry that riposte import ${source} knows`, {
      remedy: 'See riposte import --help for what may come from each source.',
    })
  const [first] = account.samples.unreadable
  if (options.strict && first)
    throw new Failure(
      'IMPORT_UNREADABLE',
      `${plural(account.unreadable, 'entry', 'entries')} unreadable, the first at ${first.place}: ${first.text}`,
      {
        remedy: `${first.remedy ?? ''} Nothing was imported; without --strict the rest would be.`.trim(),
      },
    )
  return found
}

/** The same, with the engine's own answers, on a state that is only read. */
const rehearsed = async (
  deps: Deps,
  source: Source,
  input: Input,
  list: string,
  options: Options,
  line: ProgressLine,
): Promise<Account> => {
  const { io } = deps
  const { rehearse } = await import('../../app/exchange/rehearse.ts')
  const { enter, importCommands } = await import('../../app/exchange/send.ts')
  const { config } = installed(io, options)
  const store = await deps.openStore(config.state.reveal(), { create: false }).catch((error: Failure) => {
    // Nothing there yet is a state too: an empty one.
    if (error.code === 'STORE_MISSING') return undefined
    throw error
  })
  try {
    const { account, harvest } = await gathered(deps, source, input, options, store, line)
    const answer = await rehearse(store, config, io.now())
    for (const command of importCommands(harvest, list)) enter(account, command, answer(command, `cli:${io.user}`))
    return account
  } finally {
    await store?.close()
  }
}
