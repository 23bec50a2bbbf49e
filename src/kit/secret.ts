import { inspect } from 'node:util'

/**
 * A value that must not be seen. Every way in which JavaScript turns a value into text (template, JSON, console,
 * inspect) gives `shown` instead, so a secret cannot slip into a log line by accident; only `reveal()` gives it out.
 */
export class Secret {
  readonly #value: string
  readonly #shown: string

  /** `shown` may keep the harmless part, e.g. a database URL without its password. */
  constructor(value: string, shown = '<secret>') {
    this.#value = value
    this.#shown = shown
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
