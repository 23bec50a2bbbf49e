/** docs/connectors.md, made from what connectors say of themselves, so that it cannot drift. */
import type { Action } from '../../kit/action.ts'
import { ACTION_PLUGINS } from './connectors.ts'

interface Described {
  readonly shape?: Readonly<
    Record<string, { readonly description?: string; safeParse(value: unknown): { success: boolean } }>
  >
}

const inputLines = (input: unknown): readonly string[] =>
  Object.entries((input as Described).shape ?? {}).map(
    ([name, schema]) =>
      `\`${name}\`${schema.safeParse(undefined).success ? '?' : ''} ${(schema.description ?? '').replaceAll('|', '\\|')}`,
  )

const actionRow = (
  id: string,
  name: string,
  { summary, effect, idempotent, maxTlp, undo, confirm, input }: Action,
): string => {
  const traits = [
    effect === 'read' ? 'reads' : 'writes',
    idempotent ? 'may be repeated' : 'a repeat may double it',
    `up to TLP:${maxTlp.toUpperCase()}`,
    ...(undo ? ['can be undone'] : []),
    ...(confirm ? ['asks whether it is done'] : []),
  ]
  return `| \`${id}.${name}\` | ${summary.replaceAll('|', '\\|')} | ${inputLines(input).join('<br>')} | ${traits.join(', ')} |`
}

export const connectorPage = (): string =>
  `${[
    '# Connectors',
    '',
    'Made from the connectors themselves by `npm run gen`. How they are configured: [configuration](spec/config.md#connectors); what uses them: [playbooks](playbooks.md).',
    ...ACTION_PLUGINS.flatMap((plugin) => [
      '',
      `## ${plugin.id}`,
      '',
      plugin.summary,
      '',
      '```yaml',
      'connectors:',
      ...plugin.example
        .trim()
        .split('\n')
        .map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`),
      '```',
      '',
      ...plugin.permissions.map((line) => `It must be allowed: ${line}`),
      '',
      '| action | what it does | input | traits |',
      '|---|---|---|---|',
      ...Object.entries(plugin.actions as Readonly<Record<string, Action>>).map(([name, action]) =>
        actionRow(plugin.id, name, action),
      ),
    ]),
  ].join('\n')}\n`
