/** Whether playbooks fit the connectors: that each action exists, and that what it is given is what it takes. */
import { z } from 'zod'
import { didYouMean } from '../core/did-you-mean.ts'
import type { Action } from '../kit/action.ts'
import type { ActionPlugin } from '../kit/connector.ts'
import { insideOf, type Playbook } from '../respond/playbook.ts'
import type { ActionStep, Step } from '../respond/steps.ts'
import { ACTION_PLUGINS } from './config/connectors.ts'
import type { Config } from './config/schema.ts'
import { OWN_ACTIONS } from './own-actions.ts'

export interface PlaybookIssue {
  readonly playbook: string
  /** `file:line:column` */
  readonly place: string
  readonly text: string
  /** `skipped`: the step does nothing as things are, and says so in each run. */
  readonly level: 'error' | 'skipped'
}

// biome-ignore lint/suspicious/noExplicitAny: sessions are opaque here.
type Plugin = ActionPlugin<any, any>

/** What a name in a playbook means: a configured connector, or else one of that kind that might be configured. */
const pluginsOf = (config: Config): { configured: ReadonlyMap<string, Plugin>; known: ReadonlyMap<string, Plugin> } => {
  const configured = new Map<string, Plugin>([
    [OWN_ACTIONS.id, OWN_ACTIONS as Plugin],
    ...config.connectors.map(({ name, plugin }) => [name, plugin] as const),
  ])
  return {
    configured,
    known: new Map([...ACTION_PLUGINS.map((plugin) => [plugin.id, plugin] as const), ...configured]),
  }
}

export const checkPlaybook = (playbook: Playbook, config: Config): readonly PlaybookIssue[] => {
  const { configured, known } = pluginsOf(config)
  return actionsIn(playbook.steps).flatMap((step) => {
    const issue = (text: string, level: PlaybookIssue['level'] = 'error'): PlaybookIssue => ({
      ...{ playbook: playbook.name, place: `${playbook.file}:${step.place}`, text, level },
    })
    const plugin = known.get(step.connector)
    if (!plugin)
      return [issue(`there is no connector ${JSON.stringify(step.connector)}${meant(step.connector, known.keys())}`)]
    const action = plugin.actions[step.action] as Action | undefined
    if (!action)
      return [
        issue(
          `${step.connector} has no action ${JSON.stringify(step.action)}${meant(step.action, Object.keys(plugin.actions))}`,
        ),
      ]
    const wrong = inputProblems(step, action).map((text) => issue(`${step.connector}.${step.action}: ${text}`))
    const absent = configured.has(step.connector)
      ? []
      : [issue(`${step.connector} is not configured: the step ${step.id} is skipped`, 'skipped')]
    return [...wrong, ...absent]
  })
}

const meant = (word: string, among: Iterable<string>): string => {
  const near = didYouMean(word, [...among])
  return near === undefined ? '' : `; did you mean ${near}?`
}

const actionsIn = (steps: readonly Step[]): readonly ActionStep[] =>
  steps.flatMap((step) => [...(step.kind === 'action' ? [step] : []), ...insideOf(step).flatMap(actionsIn)])

/** Unknown and missing keys, and fixed values that do not fit; what an expression yields is checked when it runs. */
const inputProblems = ({ with: given }: ActionStep, { input }: Action): readonly string[] => {
  if (!(input instanceof z.ZodObject)) return []
  const shape = input.shape as Readonly<Record<string, z.ZodType>>
  const known = Object.keys(shape)
  return [
    ...given.keys
      .filter((key) => !known.includes(key))
      .map((key) => `unknown input ${JSON.stringify(key)}${meant(key, known)}`),
    ...known
      .filter((key) => !given.keys.includes(key) && !shape[key]!.safeParse(undefined).success)
      .map((key) => `input ${key} is missing`),
    ...known.flatMap((key) => {
      const value = given.fixed(key)
      if (value === undefined) return []
      const read = shape[key]!.safeParse(value)
      return read.success ? [] : [`input ${key}: ${read.error.issues[0]?.message ?? 'does not fit'}`]
    }),
  ]
}
