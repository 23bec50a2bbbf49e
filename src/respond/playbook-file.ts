/** The YAML of one playbook: reads parts of it by a schema, and collects what is wrong as `file:line:column: text`. */
import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { Failure } from '../core/failure.ts'
import { explainIssue } from '../kit/explain-issue.ts'
import { type Place, placeInside, placeOf, placeOfKey } from '../kit/yaml-place.ts'

export type Path = readonly (string | number)[]

export interface PlaybookFile {
  readonly problems: readonly string[]
  /** The part at `path`; undefined when it does not fit, which is reported. */
  read<Schema extends z.ZodType>(schema: Schema, path: Path): z.output<Schema> | undefined
  given(path: Path): unknown
  /** `line:column` of a part. */
  where(path: Path): string
  report(path: Path, text: string): void
  /** At a character inside the text at `path`. */
  reportInside(path: Path, text: string, at: number, problem: string): void
  failure(): Failure
}

const MOST_SHOWN = 20
const MOST_BYTES = 262_144

/** Throws the Failure `PLAYBOOK_INVALID` when the text is no YAML at all. */
export const openPlaybookFile = (text: string, file: string): PlaybookFile => {
  const problems: string[] = []
  const lines = new LineCounter()
  const note = ({ line, column }: Place, problem: string) => problems.push(`${file}:${line}:${column}: ${problem}`)
  const failure = (): Failure =>
    new Failure('PLAYBOOK_INVALID', problems.slice(0, MOST_SHOWN).join('\n'), {
      remedy: 'Correct the lines named; docs/playbooks.md describes every key.',
    })
  if (text.length > MOST_BYTES) {
    note({ line: 1, column: 1 }, 'the file is longer than 256 KiB')
    throw failure()
  }
  const document = parseDocument(text, { lineCounter: lines })
  for (const error of document.errors) {
    const { line, col } = lines.linePos(error.pos[0])
    note({ line, column: col }, error.message.split('\n')[0]!.replace(/ at line .*$/, ''))
  }
  if (problems.length > 0) throw failure()
  const root = plainOf(document)
  if (root === undefined) {
    note({ line: 1, column: 1 }, 'anchors and aliases are not supported')
    throw failure()
  }
  const given = (path: Path): unknown =>
    path.reduce<unknown>(
      (value, key) => (value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined),
      root,
    )
  return {
    problems,
    failure,
    given,
    read(schema, path) {
      const part = given(path)
      const read = schema.safeParse(part)
      if (read.success) return read.data
      for (const issue of read.error.issues)
        for (const { path: inner, message, remedy, atKey } of explainIssue(issue, schema, part)) {
          const whole = [...path, ...inner] as Path
          const place = atKey
            ? placeOfKey(document, lines, whole.slice(0, -1), String(whole.at(-1)))
            : placeOf(document, lines, whole)
          const name = atKey || inner.length === 0 ? '' : `${inner.join('.')} `
          note(place, `${name}${message}${remedy === undefined ? '' : `. ${remedy}`}`)
        }
      return undefined
    },
    where(path) {
      const { line, column } = placeOf(document, lines, path)
      return `${line}:${column}`
    },
    report: (path, problem) => void note(placeOf(document, lines, path), problem),
    reportInside: (path, inner, at, problem) => void note(placeInside(document, lines, path, inner, at), problem),
  }
}

const plainOf = (document: ReturnType<typeof parseDocument>): unknown => {
  try {
    return document.toJS({ maxAliasCount: 0 }) ?? {}
  } catch {
    return undefined
  }
}
