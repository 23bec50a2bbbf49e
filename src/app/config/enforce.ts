/** `enforce:` and `http:`. Each connector brings the schema of its own mapping; here they become one list of points. */
import { z } from 'zod'
import type { ConnectorPlugin } from '../../kit/connector.ts'
import { type Endpoint, parseEndpoint } from '../../kit/scalars.ts'
import { CONNECTORS } from '../_registry.ts'

export interface PointConfig {
  readonly name: string
  readonly plugin: ConnectorPlugin
  /** What the plugin's schema made of its mapping. */
  readonly config: unknown
}

const PLUGINS = CONNECTORS.filter((plugin) => 'open' in plugin) as unknown as readonly ConnectorPlugin[]

/** Exactly one connector per entry, by its id. */
export const enforcePoint = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'a name is lower case letters, digits, dots, dashes and underscores')
      .optional()
      .describe('Name of this point, shown wherever its proofs are; needed when two points are of one kind.'),
    ...Object.fromEntries(
      PLUGINS.map((plugin) => [plugin.id, plugin.config.optional().describe(plugin.summary)] as const),
    ),
  })
  .transform((value, context): PointConfig => {
    const given = value as Readonly<Record<string, unknown>>
    const chosen = PLUGINS.filter((plugin) => given[plugin.id] !== undefined)
    if (chosen.length !== 1) {
      const ids = PLUGINS.map((plugin) => plugin.id)
      context.issues.push({
        code: 'custom',
        message:
          chosen.length === 0 ? 'this point says nothing to enforce with' : 'this point names more than one kind',
        params: { remedy: `Give exactly one of ${ids.join(', ')}; use one list entry per point.` },
        input: value,
      })
      return z.NEVER
    }
    const plugin = chosen[0]!
    return { name: value.name ?? plugin.id, plugin, config: given[plugin.id] }
  })

export type Listen = Endpoint | { readonly path: string }

export const httpListen = () =>
  z
    .string()
    .transform((value, context): Listen => {
      const socket = /^unix:(\/.{1,100})$/.exec(value)?.[1]
      const place = socket === undefined ? parseEndpoint(value) : { path: socket }
      if (place) return place
      context.issues.push({
        code: 'custom',
        message: `${JSON.stringify(value)} is no place to listen`,
        params: { remedy: 'Write 127.0.0.1:8080, [::1]:8080 or unix:/run/riposte/http.sock.' },
        input: value,
      })
      return z.NEVER
    })
    .meta({ kind: 'address and port', examples: ['127.0.0.1:8080', 'unix:/run/riposte/http.sock'] })
