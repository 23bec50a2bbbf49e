import type { Alert } from '../core/alert.ts'

/** One line for a person: the heaviest lines of the evidence, or what the scenario says of itself. */
export const summaryOf = (alert: Alert): string => {
  const heaviest = alert.reasons
    .filter((reason) => (reason.weight ?? 0) > 0)
    .sort((a, b) => (b.weight ?? 0) - (a.weight ?? 0))
    .slice(0, 3)
    .map((reason) => reason.text)
  if (heaviest.length === 0) return alert.reasons[0]?.text ?? `${alert.scenario}: ${alert.eventCount} events`
  return `${alert.scenario}: ${heaviest.join('; ')}`
}
