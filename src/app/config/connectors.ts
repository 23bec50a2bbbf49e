/** `connectors:`. Each connector with actions brings the schema of its own mapping; here they become one list by name. */
import { z } from 'zod'
import { SECOND } from '../../core/time.ts'
import type { ActionPlugin } from '../../kit/connector.ts'
import { duration } from '../../kit/scalars.ts'
import { TLP } from '../../kit/tlp.ts'
import type { ConnectionSettings } from '../../respond/connection.ts'
import { CONNECTORS } from '../_registry.ts'

export interface ConnectorConfig extends Omit<ConnectionSettings, 'session'> {
  /** What the plugin's schema made of its mapping. */
  readonly config: unknown
}

// biome-ignore lint/suspicious/noExplicitAny: schema and session belong to the plugin; only it looks into them.
export const ACTION_PLUGINS: readonly ActionPlugin<any, any>[] = CONNECTORS.filter((plugin) => 'actions' in plugin)

/** Exactly one connector per entry, by its id. */
export const connectorEntry = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'a name is lower case letters, digits, dashes and underscores')
      .optional()
      .describe('Name by which playbooks call it; needed when two connectors are of one kind. Default: its kind.'),
    limit: z
      .strictObject({
        perMinute: z.int().min(1).max(60_000).default(600).describe('Calls in any minute; further ones wait.'),
        concurrent: z.int().min(1).max(100).default(4).describe('Calls at a time.'),
      })
      .prefault({})
      .describe('How much of it is used.'),
    timeout: duration()
      .refine((millis) => millis >= SECOND && millis <= 300 * SECOND, { error: 'write 1s to 5m' })
      .prefault('30s')
      .describe('How long one attempt may take.'),
    maxTlp: z
      .enum(TLP)
      .optional()
      .describe('Nothing that is classified higher goes there. Default: what each action states.'),
    ...Object.fromEntries(
      ACTION_PLUGINS.map((plugin) => [plugin.id, plugin.config.optional().describe(plugin.summary)] as const),
    ),
  })
  .transform((value, context): ConnectorConfig => {
    const given = value as Readonly<Record<string, unknown>>
    const chosen = ACTION_PLUGINS.filter((plugin) => given[plugin.id] !== undefined)
    if (chosen.length !== 1) {
      const ids = ACTION_PLUGINS.map((plugin) => plugin.id)
      context.issues.push({
        code: 'custom',
        message: chosen.length === 0 ? 'this entry names no connector' : 'this entry names more than one connector',
        params: { remedy: `Give exactly one of ${ids.join(', ')}; use one list entry per connector.` },
        input: value,
      })
      return z.NEVER
    }
    const plugin = chosen[0]!
    const { name = plugin.id, limit, timeout, maxTlp } = value
    return { name, plugin, config: given[plugin.id], limit, timeout, ...(maxTlp ? { maxTlp } : {}) }
  })
