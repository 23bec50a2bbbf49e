/** The playbooks of a configuration, and which of them can do anything. */
import { connectorsIn, type Playbook, parsePlaybook, playbookSet } from '../respond/playbook.ts'
import type { Config } from './config/schema.ts'
import { readPlaybooks } from './content.ts'

export type { Playbook } from '../respond/playbook.ts'

/** All playbooks, shipped and own, switched off where the configuration says so. Throws `PLAYBOOK_INVALID`. */
export const playbooksOf = ({ playbooks }: Config): ReadonlyMap<string, Playbook> =>
  playbookSet(
    readPlaybooks(playbooks.path).map(({ file, text }) => {
      const playbook = parsePlaybook(text, file)
      const enabled = playbook.enabled && playbooks.enabled && !playbooks.disabled.includes(playbook.name)
      return { ...playbook, enabled, vars: { ...playbook.vars, ...playbooks.vars[playbook.name] } }
    }),
  )

/** Names of playbooks that can do nothing, because no connector that they name is there: they start nothing. */
export const idleOf = (
  playbooks: ReadonlyMap<string, Playbook>,
  connectors: { has(name: string): boolean },
): ReadonlySet<string> =>
  new Set(
    [...playbooks.values()]
      .filter((playbook) => {
        const named = connectorsIn(playbook, playbooks)
        return named.length > 0 && !named.some((name) => connectors.has(name))
      })
      .map(({ name }) => name),
  )

/** With those switched off that can do nothing. */
export const withoutIdle = (
  playbooks: ReadonlyMap<string, Playbook>,
  connectors: { has(name: string): boolean },
): ReadonlyMap<string, Playbook> => {
  const idle = idleOf(playbooks, connectors)
  return new Map(
    [...playbooks].map(([name, playbook]) => [name, idle.has(name) ? { ...playbook, enabled: false } : playbook]),
  )
}
