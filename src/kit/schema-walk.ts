import type { z } from 'zod'

interface Def {
  readonly type: string
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly element?: z.ZodType
  readonly options?: readonly z.ZodType[]
  readonly shape?: Readonly<Record<string, z.ZodType>>
}

const defOf = (schema: z.ZodType): Def => schema.def as unknown as Def

/** The schema without its wrappers (default, optional, transform): the ones that say what may be written. */
const written = (schema: z.ZodType): readonly z.ZodType[] => {
  const def = defOf(schema)
  if (def.innerType) return written(def.innerType)
  if (def.type === 'pipe' && def.in) return written(def.in)
  if (def.options) return def.options.flatMap(written)
  return [schema]
}

const step = (schema: z.ZodType, key: PropertyKey): readonly z.ZodType[] =>
  written(schema).flatMap((s) => {
    const def = defOf(s)
    if (typeof key === 'number') return def.element ? [def.element] : []
    const next = def.shape?.[String(key)]
    return next ? [next] : []
  })

const at = (schema: z.ZodType, path: readonly PropertyKey[]): readonly z.ZodType[] =>
  path.reduce<readonly z.ZodType[]>((found, key) => found.flatMap((s) => step(s, key)), [schema])

/** The keys that may stand in the mapping at `path`; empty where no mapping belongs. */
export const keysAt = (schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] =>
  at(schema, path)
    .flatMap(written)
    .flatMap((s) => Object.keys(defOf(s).shape ?? {}))

/** An example of what may stand at `path`, when the schema has one. */
export const exampleAt = (schema: z.ZodType, path: readonly PropertyKey[]): string | undefined =>
  at(schema, path)
    .flatMap(wrappers)
    .map((s) => s.meta()?.examples)
    .find((examples): examples is string[] => Array.isArray(examples) && typeof examples[0] === 'string')?.[0]

/** The schema and everything it wraps: metadata may hang at any layer. */
const wrappers = (schema: z.ZodType): readonly z.ZodType[] => {
  const def = defOf(schema)
  const inside = [...(def.innerType ? [def.innerType] : []), ...(def.in ? [def.in] : []), ...(def.options ?? [])]
  return [schema, ...inside.flatMap(wrappers)]
}

/** The word by which our scalars call themselves at `path`: `path`, `secret`, `duration` …; undefined for other values. */
export const kindAt = (schema: z.ZodType, path: readonly PropertyKey[]): string | undefined =>
  at(schema, path)
    .flatMap(wrappers)
    .map((s) => s.meta()?.['kind'])
    .find((kind): kind is string => typeof kind === 'string')
