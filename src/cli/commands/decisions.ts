import { Option } from 'commander'
import { type Decision, isActive, REMEDIATIONS, type Remediation } from '../../core/decision.ts'
import { HOUR, MINUTE, type Millis } from '../../core/time.ts'
import { installationOptions, jsonOption, toCidr, toDuration, toLimit } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { subjectValue } from '../subject-value.ts'
import { paletteFor, remediationPaint } from '../ui/colour.ts'
import { decisionReason } from '../ui/decision-reason.ts'
import { standing } from '../ui/decision-screen.ts'
import { decisionJson, printJson } from '../ui/json.ts'
import { table } from '../ui/table.ts'
import { relative } from '../ui/time.ts'
import { carryOut, readStore } from '../with-store.ts'
import { showWhy } from './why.ts'

interface Place {
  config?: string
  state?: string
  json?: boolean
}

/** From here on the end is shown in another colour. */
const SOON = 10 * MINUTE

export const register: Register = (program, deps, exit) => {
  const { io } = deps
  const decisions = program.command('decisions').description('Who is banned, throttled or watched, and until when.')

  installationOptions(
    decisions.command('list', { isDefault: true }).description('The active ones; --all shows the past too.'),
  )
    .option('--ip <address>', 'only about this address or network', (text) => subjectValue(toCidr(text)))
    .option('--all', 'expired and lifted ones too')
    .option('-n, --limit <count>', 'at most so many', toLimit, 100)
    .addOption(jsonOption())
    .action(async (options: Place & { ip?: string; all?: boolean; limit: number }) => {
      const now = io.now()
      const found = await readStore(deps, options, (archive) =>
        archive.decisions({
          limit: options.limit,
          ...(options.ip === undefined ? {} : { value: options.ip }),
          ...(options.all ? {} : { activeAt: now }),
        }),
      )
      if (options.json) return printJson(io, found.map(decisionJson))
      if (found.length === 0) return void io.out.write(options.all ? 'no decisions\n' : 'no active decisions\n')
      const c = paletteFor(io.out, io.env)
      const ends = (d: Decision) => {
        const text = options.all ? standing(d, now) : relative(d.until, now)
        return {
          text,
          paint: isActive(d, now) && d.until - now < SOON ? c.yellow : isActive(d, now) ? (t: string) => t : c.dim,
        }
      }
      const columns = [
        { header: 'TYPE' },
        { header: 'SUBJECT' },
        options.all ? { header: 'STANDING', min: 8 } : { header: 'ENDS' },
        { header: 'BY', drop: 2 },
        { header: 'SCENARIO', min: 8, drop: 1 },
        { header: 'REASON', min: 24 },
      ]
      const rows = found.map((d) => [
        { text: d.simulated ? `(${d.type})` : d.type, paint: d.simulated ? c.dim : remediationPaint(c, d.type) },
        d.value,
        ends(d),
        d.origin,
        d.scenario,
        decisionReason(d),
      ])
      io.out.write(`${table(columns, rows, { width: widthOf(io.out), colours: c }).join('\n')}\n`)
      if (found.some((d) => d.simulated)) io.out.write(c.dim('(in brackets: shadow, not enforced)\n'))
      if (found.length === options.limit) io.out.write(c.dim(`the newest ${options.limit}; --limit shows more\n`))
    })

  installationOptions(decisions.command('show').description('The same page as riposte why.'))
    .argument('<decision-or-ip>', 'd-… or an address')
    .option('--all', 'draw every event that is kept')
    .addOption(jsonOption())
    .action(async (what: string, options: Place) => exit(await showWhy(deps, what, options)))

  installationOptions(
    decisions.command('add').description('Decide by hand. Guards still hold: an allowlisted address is not banned.'),
  )
    .argument('<address-or-network>', 'whom')
    .addOption(new Option('-t, --type <type>', 'what').choices(REMEDIATIONS).default('ban'))
    .addOption(
      new Option('-d, --duration <time>', 'how long: 90s, 4h, 7d').argParser(toDuration).default(4 * HOUR, '4h'),
    )
    .requiredOption('-r, --reason <text>', 'why, for the audit trail')
    .addOption(jsonOption())
    .action(async (value: string, options: Place & { type: Remediation; duration: Millis; reason: string }) => {
      const text = await carryOut(deps, options, {
        kind: 'decision.add',
        type: options.type,
        value: toCidr(value).text,
        duration: options.duration,
        reason: options.reason,
      })
      if (options.json) printJson(io, { ok: true, text })
      else io.out.write(`${text}\n`)
    })

  installationOptions(
    decisions.command('remove').description('Lift a decision; its counters start again and a cool-off begins.'),
  )
    .argument('<address-or-network>', 'whom')
    .option('-r, --reason <text>', 'why, for the audit trail', 'lifted by hand')
    .addOption(jsonOption())
    .action(async (value: string, options: Place & { reason: string }) => {
      const text = await carryOut(deps, options, {
        kind: 'decision.remove',
        value: toCidr(value).text,
        reason: options.reason,
      })
      if (options.json) printJson(io, { ok: true, text })
      else io.out.write(`${text}\n`)
    })

  installationOptions(
    decisions.command('thaw').description('Let automatic bans go on after the ban budget froze them.'),
  )
    .requiredOption('-r, --reason <text>', 'why, for the audit trail')
    .addOption(jsonOption())
    .action(async (options: Place & { reason: string }) => {
      const text = await carryOut(deps, options, { kind: 'budget.thaw', reason: options.reason })
      if (options.json) printJson(io, { ok: true, text })
      else io.out.write(`${text}\n`)
    })
}
