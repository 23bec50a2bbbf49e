import type { AllowEntry } from '../../core/act.ts'
import type { Alert } from '../../core/alert.ts'
import type { Event } from '../../core/event.ts'
import { alertScreen } from './alert-screen.ts'
import { eventLines } from './event-lines.ts'
import type { Screen } from './layout.ts'
import { printable } from './printable.ts'

export interface Untouched {
  readonly what: string
  readonly alerts: readonly Alert[]
  readonly events: readonly Event[]
  readonly allowed: AllowEntry | undefined
}

/** Why somebody is *not* blocked: as good a question as the other one. */
export const untouchedScreen = (u: Untouched, screen: Screen): readonly string[] => {
  const c = screen.colours
  return [
    `${c.bold(printable(u.what))}  no decision is about it`,
    ...(u.allowed
      ? [
          `  ${c.green('allowlisted')} by ${printable(u.allowed.value)} (${printable(u.allowed.reason)}, added by ${printable(u.allowed.addedBy)})`,
        ]
      : []),
    ...(u.alerts.length > 0
      ? [
          '',
          c.bold('Latest alerts'),
          ...u.alerts.flatMap((alert) => alertScreen(alert, screen).map((line) => `  ${line}`)),
        ]
      : ['  no scenario fired for it']),
    ...(u.events.length > 0
      ? ['', c.bold('Latest events kept'), ...u.events.flatMap((event) => eventLines(event, screen, 2, true))]
      : ['  no event of it is kept: either it did nothing remarkable, or it is older than the retention']),
  ]
}
