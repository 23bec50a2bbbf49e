/**
 * riposte.yaml → Config.
 *
 *   enters   the text of the file, its name, the environment, and a way to read the files that `*_file` keys name
 *   leaves   a `Config` with every default filled in and every path made absolute against the file's own folder
 *   promise  either that, or one `ConfigFailure` with everything that is wrong, each with line, column and remedy;
 *            no value of a secret is ever part of a message
 */
import { dirname, isAbsolute, resolve } from 'node:path'
import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, visit, type YAMLMap } from 'yaml'
import { explainIssue } from '../../kit/explain-issue.ts'
import { kindAt } from '../../kit/schema-walk.ts'
import { Secret } from '../../kit/secret.ts'
import { withArticleEnvironment } from './article-environment.ts'
import { crossChecks } from './cross-checks.ts'
import { interpolate } from './interpolate.ts'
import { ConfigFailure, keyPath, type Problem } from './problem.ts'
import { type Config, configSchema } from './schema.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Kinds of values that may come from a file of their own: `state_file` instead of `state`. */
const FROM_FILE: ReadonlySet<string | undefined> = new Set(['secret', 'path or URL'])
export const mayComeFromFile = (path: readonly PropertyKey[]): boolean => FROM_FILE.has(kindAt(configSchema, path))

/** Throws `ConfigFailure`. `readFile` gives a file's text and may throw. */
export const loadConfig = (
  text: string,
  fileName: string,
  env: Environment = process.env,
  readFile: (path: string) => string = () => '',
): Config => {
  const lines = new LineCounter()
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, stringKeys: true })
  const problems: Problem[] = []
  const folder = dirname(fileName)
  const at = (node: { range?: readonly number[] | null } | undefined | null) => {
    const offset = node?.range?.[0]
    if (offset === undefined) return {}
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }

  for (const error of doc.errors) {
    const { line, col } = lines.linePos(error.pos[0])
    problems.push({ file: fileName, line, column: col, key: '', ...yamlWords(error.code, error.message) })
  }
  // A broken tree would only give follow-up errors.
  if (problems.length > 0) throw new ConfigFailure(problems)

  /** Filled-in values, quoted, and what stands in the file instead: an error shows only the latter. */
  const filled = new Map<string, string>()
  visit(doc, {
    Scalar(key, node) {
      // A key is never filled in: it would be a way to hide what a file says.
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return
      const { value, wrong } = interpolate(node.value, env)
      for (const w of wrong) problems.push({ file: fileName, ...at(node), key: '', ...w })
      filled.set(JSON.stringify(value), JSON.stringify(node.value))
      // A plain scalar is read as YAML reads one, so that `${PORT}` can fill a number.
      node.value =
        node.type === 'PLAIN' && /^(?:-?\d{1,15}(?:\.\d+)?|true|false)$/.test(value) ? JSON.parse(value) : value
    },
  })
  problems.push(...takeFiles(doc.contents, [], fileName, folder, readFile, at))
  if (problems.length > 0) throw new ConfigFailure(problems)

  let value: unknown
  try {
    value = doc.toJS({ maxAliasCount: 100 }) ?? {}
  } catch {
    // yaml refuses documents whose aliases multiply without bound.
    throw new ConfigFailure([
      { file: fileName, key: '', message: 'too many YAML aliases', remedy: 'Write the repeated parts out.' },
    ])
  }
  value = withAbsolutePaths(withArticleEnvironment(value, env), folder)
  const result = configSchema.safeParse(value)
  const place = (path: readonly PropertyKey[], atKey: boolean) => at(nodeAt(doc.contents, path, atKey))
  if (!result.success) {
    for (const issue of result.error.issues)
      for (const e of explainIssue(issue, configSchema, value))
        problems.push({
          file: fileName,
          ...place(e.path, e.atKey === true),
          key: keyPath(e.atKey ? e.path.slice(0, -1) : e.path),
          message: unfilled(e.message, filled),
          ...(e.remedy === undefined ? {} : { remedy: e.remedy }),
        })
    throw new ConfigFailure(inOrder(problems))
  }
  const config = withAbsoluteState(result.data, folder)
  for (const check of crossChecks(config))
    problems.push({
      file: fileName,
      ...place(check.path, false),
      key: keyPath(check.path),
      message: unfilled(check.message, filled),
      remedy: check.remedy,
    })
  if (problems.length > 0) throw new ConfigFailure(inOrder(problems))
  return config
}

/** What holds when there is no file at all. */
export const defaultConfig = (): Config => configSchema.parse({})

const unfilled = (message: string, filled: ReadonlyMap<string, string>): string =>
  [...filled].reduce((text, [value, source]) => text.replaceAll(value, source), message)

const inOrder = (problems: readonly Problem[]): readonly Problem[] =>
  [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))

const yamlWords = (code: string, message: string): { readonly message: string; readonly remedy?: string } => {
  if (code === 'DUPLICATE_KEY') return { message: 'this key stands here twice', remedy: 'Keep one of the two.' }
  if (code === 'TAB_AS_INDENT') return { message: 'a tab indents this line', remedy: 'YAML allows only spaces.' }
  return {
    message: `not valid YAML: ${message.split('\n')[0]}`,
    remedy: 'Check indentation, quotes and colons around this place.',
  }
}

/** Replaces each `x_file: PATH` by `x: <what the file holds>`, at every depth where `x` may hold a secret. */
const takeFiles = (
  node: unknown,
  path: readonly PropertyKey[],
  file: string,
  folder: string,
  readFile: (path: string) => string,
  at: (node: Node | undefined) => { line?: number; column?: number },
): readonly Problem[] => {
  if (isSeq(node)) return node.items.flatMap((item, i) => takeFiles(item, [...path, i], file, folder, readFile, at))
  if (!isMap(node)) return []
  return node.items.flatMap((pair): readonly Problem[] => {
    if (!isScalar(pair.key) || typeof pair.key.value !== 'string') return []
    const written = pair.key.value
    const key = written.replace(/_file$/, '')
    if (key === written || !mayComeFromFile([...path, key]))
      return takeFiles(pair.value, [...path, written], file, folder, readFile, at)
    return fromFile(node, pair, key, { file, ...at(pair.value as Node), key: keyPath([...path, written]) })
  })

  function fromFile(map: YAMLMap, pair: Pair, key: string, here: Omit<Problem, 'message'>): readonly Problem[] {
    const value = pair.value
    if (map.has(key))
      return [{ ...here, message: `${key} and ${key}_file are both given`, remedy: 'Keep one of the two.' }]
    if (!isScalar(value) || typeof value.value !== 'string')
      return [{ ...here, message: 'expects the path of a file', remedy: 'Write one path.' }]
    const place = resolve(folder, value.value)
    try {
      value.value = readFile(place).replace(/\r?\n$/, '')
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'error'
      return [
        {
          ...here,
          message: `cannot read ${place} (${code})`,
          remedy: 'Check that the file exists and this user may read it.',
        },
      ]
    }
    if (isScalar(pair.key)) pair.key.value = key
    return []
  }
}

/** The node at `path`, or the nearest one above it that exists. */
const nodeAt = (
  root: unknown,
  path: readonly PropertyKey[],
  atKey: boolean,
): { range?: readonly number[] | null } | undefined => {
  let node = root as Node | undefined
  for (const [depth, part] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find((p) => isScalar(p.key) && p.key.value === part)
      if (!pair) break
      if (atKey && depth === path.length - 1) return pair.key as Node
      node = (pair.value ?? pair.key) as Node
    } else {
      const next = (node as { get?: (key: unknown, keep: true) => unknown } | undefined)?.get?.(part, true)
      if (!next) break
      node = next as Node
    }
  }
  return node as { range?: readonly number[] | null } | undefined
}

/** Makes every value of kind `path` absolute, wherever the schema has one. */
const withAbsolutePaths = (value: unknown, folder: string, path: readonly PropertyKey[] = []): unknown => {
  if (typeof value === 'string')
    return kindAt(configSchema, path) === 'path' && !isAbsolute(value) ? resolve(folder, value) : value
  if (Array.isArray(value)) return value.map((item, i) => withAbsolutePaths(item, folder, [...path, i]))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withAbsolutePaths(item, folder, [...path, key])]),
  )
}

const withAbsoluteState = (config: Config, folder: string): Config => ({
  ...config,
  state: absoluteState(config.state, (path) => (isAbsolute(path) ? path : resolve(folder, path))),
})

const absoluteState = (state: Secret, absolute: (path: string) => string): Secret => {
  const url = state.reveal()
  if (/^postgres(?:ql)?:/i.test(url) || url === 'sqlite::memory:') return state
  const path = absolute(url.replace(/^sqlite:(?:\/\/)?/i, ''))
  return new Secret(path, path)
}
