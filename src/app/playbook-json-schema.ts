/**
 * The JSON Schema of playbooks, for editors: every kind of step, and for each action of each kind of connector the names
 * of its input, with what they mean. It is wider than the check: expressions and names are looked at by `playbooks check`.
 */
import { z } from 'zod'
import type { Action } from '../kit/action.ts'
import type { ActionPlugin } from '../kit/connector.ts'
import { playbookSchema, STEP_SCHEMAS } from '../respond/playbook-schema.ts'
import { ACTION_PLUGINS } from './config/connectors.ts'
import { OWN_ACTIONS } from './own-actions.ts'

type Json = Readonly<Record<string, unknown>>

const STEPS = { type: 'array', minItems: 1, maxItems: 100, items: { $ref: '#/$defs/step' } }

/** As zod writes it; lists of inner steps lead back to the definition of a step. */
const written = (schema: z.ZodType): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      const { kind } = jsonSchema as { kind?: string }
      if (kind === 'steps') for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
      if (kind === 'steps') Object.assign(jsonSchema, STEPS)
      delete (jsonSchema as { kind?: string }).kind
    },
  }) as Json
  return json
}

/** A value may be an expression, so of a key only its name and meaning can be told. */
const inputOf = ({ input }: Action): Json => {
  const { properties = {}, required = [] } = written(input) as {
    properties?: Readonly<Record<string, { description?: string }>>
    required?: readonly string[]
  }
  const described = Object.entries(properties).map(([name, { description }]) => [name, { description }] as const)
  return { type: 'object', properties: Object.fromEntries(described), required, additionalProperties: false }
}

// biome-ignore lint/suspicious/noExplicitAny: sessions are opaque here.
const actionsOf = (plugin: ActionPlugin<any, any>): readonly (readonly [string, Action])[] =>
  Object.entries(plugin.actions).map(([name, action]) => [`${plugin.id}.${name}`, action as Action] as const)

export const playbookJsonSchema = (): Json => {
  const actions = [OWN_ACTIONS, ...ACTION_PLUGINS].flatMap(actionsOf)
  const action = written(STEP_SCHEMAS.action) as { properties: Readonly<Record<string, Json>> }
  const kinds = Object.entries(STEP_SCHEMAS).map(([kind, schema]) => [kind, written(schema)] as const)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Riposte playbook',
    ...written(playbookSchema),
    $defs: {
      step: { oneOf: kinds.map(([kind]) => ({ $ref: `#/$defs/${kind}` })) },
      ...Object.fromEntries(kinds),
      action: {
        ...action,
        properties: {
          ...action.properties,
          // Connectors may bear names of their own, so other words are right, too.
          action: { ...action.properties['action'], anyOf: [{ enum: actions.map(([name]) => name) }, {}] },
        },
        allOf: actions.map(([name, one]) => ({
          if: { properties: { action: { const: name } }, required: ['action'] },
          // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word.
          then: { properties: { with: inputOf(one) } },
        })),
      },
    },
  }
}
