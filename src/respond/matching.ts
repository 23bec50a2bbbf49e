/** Which playbooks answer a trigger, and in which order those about the same one run. */
import type { Severity } from '../core/event.ts'
import type { Trigger as News, TriggerKind } from '../core/trigger.ts'
import { type CaseFile, SEVERITIES } from '../kit/case-file.ts'
import type { Playbook } from './playbook.ts'
import type { Trigger } from './steps.ts'

const atLeast = (severity: Severity, least: Severity | undefined): boolean =>
  least === undefined || SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least)

/** Kinds that anybody listens to: nothing else is worth a row. */
export const listened = (playbooks: Iterable<Playbook>): ReadonlySet<TriggerKind> =>
  new Set(
    [...playbooks]
      .filter(({ enabled }) => enabled)
      .flatMap(({ on }) => on.flatMap(({ kinds }) => kinds as TriggerKind[])),
  )

/** `facts` is asked only where a condition needs it. */
export const answers = async (
  playbook: Playbook,
  news: News,
  facts: () => Promise<CaseFile | null>,
): Promise<boolean> => {
  // What a playbook itself has decided is no news to it.
  if (!playbook.enabled || news.origin === `playbook:${playbook.name}`) return false
  for (const trigger of playbook.on) if (await fits(trigger, news, facts)) return true
  return false
}

const fits = async (trigger: Trigger, news: News, facts: () => Promise<CaseFile | null>): Promise<boolean> => {
  if (!trigger.kinds.includes(news.kind) || !atLeast(news.severity, trigger.severity)) return false
  if (trigger.types && !trigger.types.includes(news.type ?? '')) return false
  if (!trigger.if) return true
  const file = await facts()
  try {
    const values = { trigger: news, case: file, event: file?.events.at(-1) ?? null, run: {}, steps: {}, vars: {} }
    return trigger.if.evaluate(values) === true
  } catch {
    // A condition over what this trigger does not have is not fulfilled.
    return false
  }
}

/** What orders its runs; one of a kind where no order is asked for. */
export const aboutOf = (playbook: Playbook, news: News, number: number | string): string => {
  const { by } = playbook.queue
  const alone = `#${number}`
  if (by === 'none') return alone
  if (by === 'subject') return news.subject || alone
  return news.incident ?? news.alert ?? (news.subject || alone)
}
