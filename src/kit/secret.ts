import { inspect } from 'node:util'

/**
 * A value that must not be seen. Every way in which JavaScript turns a value into text (template, JSON, console,
 * inspect) gives `shown` instead, so a secret cannot slip into a log line by accident; only `reveal()` gives it out.
 */
export class Secret {
  readonly #value: string
  readonly #shown: string
  readonly #inner: readonly Secret[]

  /** `shown` may keep the harmless part, e.g. a database URL without its password; `inner` are the secrets it is made of. */
  constructor(value: string, shown = '<secret>', inner: readonly Secret[] = []) {
    this.#value = value
    this.#shown = shown
    this.#inner = inner
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return this.#shown
  }

  toJSON(): string {
    return this.#shown
  }

  [inspect.custom](): string {
    return this.#shown
  }

  /** `text`, in which somebody else may have repeated this secret or one it is made of, without them. */
  blot(text: string): string {
    const blotted = this.#inner.reduce((rest, secret) => secret.blot(rest), text)
    if (this.#value.length < SHORTEST_BLOTTED) return blotted
    return spellings(this.#value).reduce((rest, spelling) => rest.replaceAll(spelling, '<secret>'), blotted)
  }
}

/** Blotting out anything shorter would make texts illegible, and nobody's secret safe. */
const SHORTEST_BLOTTED = 4

/** As it stands, and as it stands in URLs and in JSON. */
const spellings = (value: string): readonly string[] => [
  ...new Set([value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]),
]

/** A text with secrets in it, which is a secret as well: sealed`Bearer ${token}` shows `Bearer <secret>`. */
export const sealed = (parts: TemplateStringsArray, ...values: readonly (string | Secret)[]): Secret => {
  const join = (words: readonly string[]): string => parts.map((part, i) => part + (words[i] ?? '')).join('')
  return new Secret(
    join(values.map((value) => (value instanceof Secret ? value.reveal() : value))),
    join(values.map(String)),
    values.filter((value) => value instanceof Secret),
  )
}

/** The value of `Authorization` for HTTP Basic. */
export const basicAuth = (user: string, password: Secret): Secret => {
  const credentials = new Secret(Buffer.from(`${user}:${password.reveal()}`).toString('base64'), '<secret>', [password])
  return sealed`Basic ${credentials}`
}

/** A database URL with its password and query hidden; a file path as it is. */
export const secretUrl = (text: string): Secret => {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0]
  if (!scheme) return new Secret(text, text)
  const [authority = ''] = text.slice(scheme.length).split(/[/?#]/, 1)
  const rest = text.slice(scheme.length + authority.length)
  const path = rest.replace(/[?#].*$/s, '?<secret>')
  const at = authority.lastIndexOf('@')
  // An unescaped slash in a password ends the authority too early: then nothing but the scheme is safe to show.
  if (at < 0 && rest.includes('@')) return new Secret(text, `${scheme}<secret>`)
  if (at < 0) return new Secret(text, `${scheme}${authority}${path}`)
  const [user, password] = authority.slice(0, at).split(':', 2)
  return new Secret(text, `${scheme}${user}${password === undefined ? '' : ':<secret>'}${authority.slice(at)}${path}`)
}
