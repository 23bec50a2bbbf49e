import { Failure } from '../../core/failure.ts'

/** One thing that is wrong with a configuration, and what to do about it. */
export interface Problem {
  readonly file: string
  /** 1-based; absent when no place in the text is to blame. */
  readonly line?: number
  readonly column?: number
  /** Where in the configuration, e.g. `sensors[0].trustedProxies[1]`; empty for the whole. */
  readonly key: string
  readonly message: string
  readonly remedy?: string
}

/** All that is wrong with one configuration, at once: nobody should fix ten lines in ten runs. */
export class ConfigFailure extends Failure {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
    super('CONFIG_INVALID', `${count} in the configuration\n${problems.map(problemLine).join('\n')}`, {
      remedy: 'Mend the places named above and run `riposte check` again.',
    })
    this.problems = problems
  }
}

/** `riposte.yaml:12:5`, as editors and terminals understand it. */
export const problemPlace = (p: Problem): string =>
  p.line === undefined ? p.file : `${p.file}:${p.line}:${p.column ?? 1}`

export const problemLine = (p: Problem): string =>
  `${problemPlace(p)}  ${p.key === '' ? '' : `${p.key}: `}${p.message}${p.remedy ? `. ${p.remedy}` : ''}`

/** `sensors[0].trustedProxies[1]`. */
export const keyPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}${text === '' ? '' : '.'}${String(part)}`),
    '',
  )
