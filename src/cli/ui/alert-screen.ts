import type { Alert } from '../../core/alert.ts'
import { remediationPaint, severityPaint } from './colour.ts'
import { evidenceLines } from './evidence-lines.ts'
import { paragraph, roomOf, type Screen } from './layout.ts'
import { count } from './number.ts'
import { printable } from './printable.ts'
import { clock, span } from './time.ts'

/** One alert: who, what fired, how sure, and every reason. */
export const alertScreen = (alert: Alert, screen: Screen): readonly string[] => {
  const c = screen.colours
  const room = roomOf(screen)
  const lasted = alert.stoppedAt - alert.startedAt
  return [
    `${c.bold(printable(alert.scenario))}  ${printable(alert.subject.value)}  ${severityPaint(c, alert.severity)(alert.severity)}  wants ${remediationPaint(c, alert.verdict)(alert.verdict)}, ${alert.confidence} % sure`,
    ...paragraph(
      printable(
        `${count(alert.eventCount)} ${alert.eventCount === 1 ? 'event' : 'events'}, ${clock(alert.startedAt)} to ${clock(alert.stoppedAt)} UTC (${span(lasted)}), sensor ${alert.sensor}${alert.attackClasses.length > 0 ? `, ${alert.attackClasses.join(' ')}` : ''}`,
      ),
      2,
      room,
    ),
    ...evidenceLines(alert.reasons, room - 2, c).map((line) => `  ${line}`),
    ...alert.reasons
      .filter((reason) => reason.weight === undefined)
      .flatMap((reason) => paragraph(`because ${printable(reason.text)}`, 2, room)),
    `  ${c.dim(`id ${alert.id}; events ${alert.events.slice(0, 3).join(' ')}${alert.events.length > 3 ? ' …' : ''}`)}`,
  ]
}
