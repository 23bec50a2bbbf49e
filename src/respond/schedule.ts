/** Playbooks that the clock starts: cron expressions of five fields, in UTC. */
import { Cron } from 'croner'
import type { Millis } from '../core/time.ts'
import { iso } from '../core/time.ts'
import type { Trigger } from '../core/trigger.ts'
import type { Playbook } from './playbook.ts'

const FIVE_FIELDS = /^\s*(?:\S+\s+){4}\S+\s*$/

export const isCron = (text: string): boolean => {
  if (!FIVE_FIELDS.test(text)) return false
  try {
    return new Cron(text, { timezone: 'UTC', paused: true }).nextRun() !== null
  } catch {
    return false
  }
}

interface Due {
  readonly playbook: string
  readonly about: string
  readonly coalesce: boolean
  readonly trigger: Trigger
}

/** What came due after `since`, up to `now`: the latest of it, since a clock that jumps must not start a hundred. */
export const dueOf = ({ enabled, name, on }: Playbook, since: Millis, now: Millis): readonly Due[] =>
  enabled
    ? on.flatMap(({ schedule }): readonly Due[] => {
        if (schedule === undefined) return []
        const [at] = new Cron(schedule, { timezone: 'UTC', paused: true }).previousRuns(1, new Date(now + 1))
        if (!at || at.getTime() <= since) return []
        const trigger: Trigger = { kind: 'schedule', at: at.getTime(), severity: 'info', subject: '' }
        return [{ playbook: name, about: `schedule ${iso(trigger.at)}`, coalesce: true, trigger }]
      })
    : []
