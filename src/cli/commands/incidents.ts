import { writeFileSync } from 'node:fs'
import { Option } from 'commander'
import { Failure } from '../../core/failure.ts'
import { iso } from '../../core/time.ts'
import { installationOptions, jsonOption, toCidr, toLimit } from '../arguments.ts'
import { byId, shownId } from '../ids.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { subjectValue } from '../subject-value.ts'
import { alertScreen } from '../ui/alert-screen.ts'
import { paletteFor, severityPaint } from '../ui/colour.ts'
import { alertJson, incidentJson, printJson } from '../ui/json.ts'
import { plural } from '../ui/number.ts'
import { printable } from '../ui/printable.ts'
import { table } from '../ui/table.ts'
import { clock, roughly } from '../ui/time.ts'
import { carryOut, readStore, withStore } from '../with-store.ts'

interface Place {
  config?: string
  state?: string
  json?: boolean
}

/** Of the audit trail, the latest, to find what was noted. */
const MOST_ACTS = 10_000

export const register: Register = (program, deps) => {
  const { io } = deps
  const incidents = program.command('incidents').description('Alerts of one actor, worked as one case.')

  installationOptions(
    incidents.command('list', { isDefault: true }).description('Newest first; open ones unless --all.'),
  )
    .option('--ip <address>', 'only about this address or network', (text) => subjectValue(toCidr(text)))
    .option('--all', 'closed ones too')
    .option('-n, --limit <count>', 'at most so many', toLimit, 50)
    .addOption(jsonOption())
    .action(async (options: Place & { ip?: string; all?: boolean; limit: number }) => {
      const found = await readStore(deps, options, (archive) =>
        archive.incidents({
          limit: options.limit,
          ...(options.ip === undefined ? {} : { subject: options.ip }),
          ...(options.all ? {} : { open: true }),
        }),
      )
      if (options.json) return printJson(io, found.map(incidentJson))
      if (found.length === 0) return void io.out.write(options.all ? 'no incidents\n' : 'no open incidents\n')
      const c = paletteFor(io.out, io.env)
      const width = widthOf(io.out)
      const now = io.now()
      const columns = [
        { header: 'LAST SEEN' },
        { header: 'SUBJECT' },
        { header: 'SEVERITY' },
        { header: 'STATE' },
        { header: 'ALERTS', drop: 1 },
        { header: 'EVENTS', drop: 2 },
        { header: 'ID' },
        { header: 'SCENARIOS', min: 12 },
      ]
      const rows = found.map((incident) => [
        { text: roughly(incident.lastAt, now), paint: c.dim },
        incident.subject.value,
        { text: incident.severity, paint: severityPaint(c, incident.severity) },
        incident.escalated && incident.state === 'open' ? { text: 'open !', paint: c.red } : incident.state,
        incident.alertCount,
        incident.eventCount,
        shownId(incident.id, width),
        incident.scenarios.join(' '),
      ])
      io.out.write(`${table(columns, rows, { width, colours: c }).join('\n')}\n`)
    })

  installationOptions(incidents.command('show').description('One incident: its time line of alerts.'))
    .argument('<id>', 'i-…')
    .addOption(jsonOption())
    .action(async (id: string, options: Place) => {
      const [incident, alerts, notes] = await readStore(deps, options, async (archive) => {
        const one = await byId(
          id,
          (whole) => archive.incidents({ id: whole, limit: 1 }),
          (limit) => archive.incidents({ limit }),
        )
        if (!one) return [undefined, [], []] as const
        const acts = await archive.acts(MOST_ACTS)
        const noted = acts.filter(({ verb, subject }) => verb === 'incident.note' && subject === one.id)
        return [one, await archive.alerts({ ids: one.alerts, limit: 1000 }), noted] as const
      })
      if (!incident)
        throw new Failure('NOT_FOUND', `there is no incident ${id}`, { remedy: 'See riposte incidents --all.' })
      const inOrder = alerts.toSorted((a, b) => a.startedAt - b.startedAt)
      if (options.json)
        return printJson(io, {
          ...incidentJson(incident),
          alerts: inOrder.map(alertJson),
          notes: notes.map(({ at, actor, detail }) => ({ at: iso(at), by: actor, text: detail['text'] })),
        })
      const screen = { colours: paletteFor(io.out, io.env), width: widthOf(io.out) }
      const c = screen.colours
      io.out.write(
        `${[
          `${c.bold(incident.id)}  ${incident.subject.value}  ${severityPaint(c, incident.severity)(incident.severity)}  ${incident.state}${incident.escalated ? c.red('  escalated') : ''}`,
          `  ${clock(incident.openedAt)} to ${clock(incident.lastAt)} UTC, ${plural(incident.alertCount, 'alert')}, ${plural(incident.eventCount, 'event')}`,
          ...notes.map(({ at, actor, detail }) => printable(`  ${clock(at)} UTC, ${actor}: ${String(detail['text'])}`)),
          ...inOrder.flatMap((alert) => ['', ...alertScreen(alert, screen)]),
        ].join('\n')}\n`,
      )
    })

  installationOptions(
    incidents
      .command('report')
      .description('The report of one: time line, evidence, decisions and their proofs, what playbooks did.'),
  )
    .argument('<id>', 'i-…')
    .addOption(new Option('--format <format>', 'as what').choices(['html', 'pdf', 'markdown']).default('html'))
    .option('--out <file>', 'where to; `-` prints it', 'a file named after the incident')
    .action(async (id: string, options: Place & { format: 'html' | 'pdf' | 'markdown'; out: string }) => {
      const { reportFacts, reportName, writtenReport } = await import('../../app/incident-report.ts')
      const facts = await withStore(deps, options, async (store, config) => {
        const one = await byId(
          id,
          (whole) => store.incidents({ id: whole, limit: 1 }),
          (limit) => store.incidents({ limit }),
        )
        return reportFacts(one?.id ?? id, store, config, io.now())
      })
      const report = await writtenReport(facts, options.format)
      if (options.out === '-') return void io.out.write(report.toString())
      const file = options.out === 'a file named after the incident' ? reportName(facts, options.format) : options.out
      writeFileSync(file, report, { mode: 0o600 })
      io.out.write(`${file}\n`)
    })

  installationOptions(incidents.command('close').description('Close an incident; later alerts open a new one.'))
    .argument('<id>', 'i-…')
    .requiredOption('-r, --reason <text>', 'why, for the audit trail')
    .addOption(jsonOption())
    .action(async (id: string, options: Place & { reason: string }) => {
      const text = await carryOut(deps, options, { kind: 'incident.close', id, reason: options.reason })
      if (options.json) printJson(io, { ok: true, text })
      else io.out.write(`${text}\n`)
    })

  installationOptions(
    incidents.command('note').description('Note something on an incident; shown with it and in its report.'),
  )
    .argument('<id>', 'i-…')
    .argument('<text>', 'what')
    .addOption(jsonOption())
    .action(async (id: string, note: string, options: Place) => {
      const text = await carryOut(deps, options, { kind: 'incident.note', id, text: note })
      if (options.json) printJson(io, { ok: true, text })
      else io.out.write(`${text}\n`)
    })
}
