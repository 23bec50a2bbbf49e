import { Option } from 'commander'
import type { Severity } from '../../core/event.ts'
import { eventJson } from '../../core/event-json.ts'
import { Failure } from '../../core/failure.ts'
import type { Millis } from '../../core/time.ts'
import type { EventQuery } from '../../kit/store.ts'
import { installationOptions, jsonOption, SEVERITIES, toIp, toLimit, toMoment } from '../arguments.ts'
import { byId, shownId } from '../ids.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { dispositionPaint, paletteFor, severityPaint } from '../ui/colour.ts'
import { bytesCommand } from '../ui/decision-screen.ts'
import { eventLines, requestText } from '../ui/event-lines.ts'
import { printJson } from '../ui/json.ts'
import { table } from '../ui/table.ts'
import { clock } from '../ui/time.ts'
import { readStore } from '../with-store.ts'

interface ListOptions {
  config?: string
  state?: string
  ip?: string
  since?: Millis
  until?: Millis
  severity?: Severity
  limit: number
  json?: boolean
}

export const register: Register = (program, deps) => {
  const { io } = deps
  const events = program.command('events').description('The kept events: one line per transaction that mattered.')

  installationOptions(events.command('list', { isDefault: true }).description('Newest first.'))
    .option('--ip <address>', 'only of this client', toIp)
    .option('--since <when>', 'from then on: 2h, 7d, 2026-11-22T07:30:00Z', toMoment(io))
    .option('--until <when>', 'up to then', toMoment(io))
    .addOption(new Option('--severity <least>', 'at least this severe').choices(SEVERITIES))
    .option('-n, --limit <count>', 'at most so many', toLimit, 50)
    .addOption(jsonOption())
    .action(async (options: ListOptions) => {
      const query: EventQuery = {
        limit: options.limit,
        ...(options.ip === undefined ? {} : { clientIp: options.ip }),
        ...(options.since === undefined ? {} : { since: options.since }),
        ...(options.until === undefined ? {} : { until: options.until }),
        ...(options.severity === undefined ? {} : { minSeverity: options.severity }),
      }
      const found = await readStore(deps, options, (archive) => archive.events(query))
      if (options.json) return printJson(io, found.map(eventJson))
      if (found.length === 0) return void io.out.write('no such events\n')
      const c = paletteFor(io.out, io.env)
      const width = widthOf(io.out)
      const rows = found.map((event) => [
        { text: clock(event.time), paint: c.dim },
        event.clientIp,
        { text: event.severity, paint: severityPaint(c, event.severity) },
        { text: event.disposition, paint: dispositionPaint(c, event.disposition) },
        event.response.status === 0 ? undefined : String(event.response.status),
        shownId(event.id, width),
        event.attackClasses.join(' '),
        requestText(event),
      ])
      const columns = [
        { header: 'TIME (UTC)' },
        { header: 'CLIENT' },
        { header: 'SEVERITY' },
        { header: 'WAF' },
        { header: 'CODE', drop: 1 },
        { header: 'ID', drop: 2 },
        { header: 'CLASSES', min: 8, drop: 3 },
        // Last, so that a long one pads nothing where lines are not cut.
        { header: 'REQUEST', min: 20 },
      ]
      io.out.write(`${table(columns, rows, { width, colours: c }).join('\n')}\n`)
    })

  installationOptions(events.command('show').description('One event with its rules and where its bytes lie.'))
    .argument('<id>', 'e-…')
    .addOption(jsonOption())
    .action(async (id: string, options: { config?: string; state?: string; json?: boolean }) => {
      const event = await readStore(deps, options, (archive) =>
        byId(
          id,
          (whole) => archive.events({ ids: [whole], limit: 1 }),
          (limit) => archive.events({ limit }),
        ),
      )
      if (!event) {
        throw new Failure('NOT_FOUND', `no event ${id} is kept`, {
          remedy: 'It may be older than the retention: see riposte status.',
        })
      }
      if (options.json) return printJson(io, eventJson(event))
      const screen = { colours: paletteFor(io.out, io.env), width: widthOf(io.out) }
      const command = bytesCommand(event)
      io.out.write(
        `${[`${event.id}  transaction ${event.transactionId}  sensor ${event.sensor}  ${event.engine}`, ...eventLines(event, screen, 0, true), ...(command ? [screen.colours.dim(`bytes: ${command}`)] : [])].join('\n')}\n`,
      )
    })
}
