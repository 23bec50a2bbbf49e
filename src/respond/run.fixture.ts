import { caseFixture } from '../kit/sample-case.ts'
import { parsePlaybook, playbookSet } from './playbook.ts'
import type { RunInput } from './run-input.ts'

/** One or more playbooks as text, the first of which is run. */
export const runOf = (texts: readonly string[], changes: Partial<RunInput> = {}) => {
  const parsed = texts.map((text) => parsePlaybook(text, 'test.yaml'))
  const input: RunInput = {
    root: 'r-1',
    playbook: parsed[0]!.name,
    version: parsed[0]!.version,
    texts: Object.fromEntries(parsed.map(({ name, text }) => [name, text])),
    trigger: { kind: 'incident.opened', at: 0, severity: 'high', subject: '203.0.113.7', incident: 'i-1' },
    case: caseFixture(),
    ...changes,
  }
  return { input, playbooks: playbookSet(parsed) }
}

/** A playbook of these steps, in YAML flow or block style. */
export const playbookOf = (steps: string, more = ''): string =>
  `name: test\nsummary: A test.\n${more}\nsteps:\n${steps.replaceAll(/^/gm, '  ')}\n`
