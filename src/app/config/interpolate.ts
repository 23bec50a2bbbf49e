import { didYouMean } from '../../core/did-you-mean.ts'

const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g
const NAME = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

interface Wrong {
  readonly message: string
  readonly remedy: string
}

/**
 * Replaces `${NAME}` by the environment's value and `${NAME:-text}` by `text` when NAME is unset or empty; `$${`
 * stands for a plain `${`. What a variable holds is text, never YAML: it cannot add keys.
 */
export const interpolate = (
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly value: string; readonly wrong: readonly Wrong[] } => {
  const wrong: Wrong[] = []
  const value = text.replace(REFERENCE, (whole, inner: string | undefined) => {
    if (inner === undefined) return '${'
    const parts = NAME.exec(inner)
    if (!parts) {
      wrong.push({
        message: `${JSON.stringify(whole)} names no variable`,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the message shows the syntax itself.
        remedy: 'Write ${NAME} or ${NAME:-default}; $${ gives a plain ${.',
      })
      return ''
    }
    const name = parts[1]!
    const given = env[name]
    if (given !== undefined && (given !== '' || parts[2] === undefined)) return given
    if (parts[2] !== undefined) return parts[2]
    const near = didYouMean(name, Object.keys(env))
    wrong.push({
      message: `the environment has no ${name}`,
      remedy: `Set ${name}, or give a default: \${${name}:-value}.${near ? ` Did you mean ${near}?` : ''}`,
    })
    return ''
  })
  return { value, wrong }
}
