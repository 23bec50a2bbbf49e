import { Failure } from '../../core/failure.ts'
import type { Millis } from '../../core/time.ts'
import { installationOptions, jsonOption, toCidr, toLimit, toMoment } from '../arguments.ts'
import { byId, shownId } from '../ids.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { subjectValue } from '../subject-value.ts'
import { alertScreen } from '../ui/alert-screen.ts'
import { paletteFor, remediationPaint, severityPaint } from '../ui/colour.ts'
import { alertJson, printJson } from '../ui/json.ts'
import { table } from '../ui/table.ts'
import { clock } from '../ui/time.ts'
import { readStore } from '../with-store.ts'

interface ListOptions {
  config?: string
  state?: string
  ip?: string
  since?: Millis
  limit: number
  json?: boolean
}

export const register: Register = (program, deps) => {
  const { io } = deps
  const alerts = program.command('alerts').description('Scenarios that fired, and what they asked for.')

  installationOptions(alerts.command('list', { isDefault: true }).description('Newest first.'))
    .option('--ip <address>', 'only about this address or network', (text) => subjectValue(toCidr(text)))
    .option('--since <when>', 'from then on: 2h, 7d, 2026-11-22T07:30:00Z', toMoment(io))
    .option('-n, --limit <count>', 'at most so many', toLimit, 50)
    .addOption(jsonOption())
    .action(async (options: ListOptions) => {
      const found = await readStore(deps, options, (archive) =>
        archive.alerts({
          limit: options.limit,
          ...(options.ip === undefined ? {} : { subject: options.ip }),
          ...(options.since === undefined ? {} : { since: options.since }),
        }),
      )
      if (options.json) return printJson(io, found.map(alertJson))
      if (found.length === 0) return void io.out.write('no such alerts\n')
      const c = paletteFor(io.out, io.env)
      const width = widthOf(io.out)
      const rows = found.map((alert) => [
        { text: clock(alert.stoppedAt), paint: c.dim },
        alert.subject.value,
        { text: alert.severity, paint: severityPaint(c, alert.severity) },
        { text: alert.verdict, paint: remediationPaint(c, alert.verdict) },
        `${alert.confidence} %`,
        alert.eventCount,
        alert.scenario,
        shownId(alert.id, width),
      ])
      const columns = [
        { header: 'TIME (UTC)' },
        { header: 'SUBJECT' },
        { header: 'SEVERITY' },
        { header: 'WANTS' },
        { header: 'SURE', align: 'right' as const, drop: 1 },
        { header: 'EVENTS', drop: 2 },
        { header: 'SCENARIO', min: 8 },
        { header: 'ID' },
      ]
      io.out.write(`${table(columns, rows, { width, colours: c }).join('\n')}\n`)
    })

  installationOptions(alerts.command('show').description('One alert with its reasons.'))
    .argument('<id>', 'a-…')
    .addOption(jsonOption())
    .action(async (id: string, options: { config?: string; state?: string; json?: boolean }) => {
      const alert = await readStore(deps, options, (archive) =>
        byId(
          id,
          (whole) => archive.alerts({ ids: [whole], limit: 1 }),
          (limit) => archive.alerts({ limit }),
        ),
      )
      if (!alert) throw new Failure('NOT_FOUND', `there is no alert ${id}`, { remedy: 'See riposte alerts.' })
      if (options.json) return printJson(io, alertJson(alert))
      io.out.write(
        `${alertScreen(alert, { colours: paletteFor(io.out, io.env), width: widthOf(io.out) }).join('\n')}\n`,
      )
    })
}
