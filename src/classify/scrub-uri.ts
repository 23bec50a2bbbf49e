/** URLs keep their shape, only secret values go: `/login?user=anna&password=<redacted>&next=/cart`. */
import { formDecode } from './percent.ts'
import type { SecretName } from './scrub-fields.ts'
import { MARK, scrubText } from './scrub-text.ts'

const ENCODED = /[%+]/

const scrubParameter = (parameter: string, isSecret: SecretName): string => {
  const equals = parameter.indexOf('=')
  if (equals < 0) return scrubText(parameter, isSecret)
  const name = parameter.slice(0, equals)
  const value = parameter.slice(equals + 1)
  if (value === '') return parameter
  if (isSecret(ENCODED.test(name) ? formDecode(name) : name)) return `${name}=${MARK}`
  const clean = scrubText(value, isSecret)
  if (clean !== value) return `${scrubText(name, isSecret)}=${ENCODED.test(value) ? MARK : clean}`
  if (!value.includes('+')) return name === '' ? parameter : `${scrubText(name, isSecret)}=${value}`
  const plain = formDecode(value)
  return scrubText(plain, isSecret) === plain ? `${scrubText(name, isSecret)}=${value}` : `${name}=${MARK}`
}

export const scrubQuery = (query: string, isSecret: SecretName): string => {
  if (query === '') return query
  let out = ''
  let from = 0
  while (from <= query.length) {
    const amp = query.indexOf('&', from)
    const end = amp < 0 ? query.length : amp
    if (from > 0) out += '&'
    out += scrubParameter(query.slice(from, end), isSecret)
    from = end + 1
  }
  return out === query ? query : out
}

/** Path or whole URL before the `?`. A segment whose secret shows only when decoded is replaced as a whole. */
export const scrubPath = (path: string, isSecret: SecretName): string => {
  if (!path.includes('%')) return scrubText(path, isSecret)
  const segments = path.split('/').map((segment) => {
    const clean = scrubText(segment, isSecret)
    return clean !== segment && segment.includes('%') ? MARK : clean
  })
  // Credentials before an @ span two slashes, so they are looked for in the whole.
  const joined = scrubText(segments.join('/'), () => false)
  return joined === path ? path : joined
}

export interface Uri {
  readonly uri: string
  readonly path: string
  readonly query: string
  readonly redactedPath: boolean
  readonly redactedQuery: boolean
}

const AUTHORITY = /^[A-Za-z][A-Za-z0-9+.-]{0,15}:\/\/[^/?]*/

/** A request target, cleaned and split; the path of an absolute one begins after its authority. */
export const readUri = (raw: string, isSecret: SecretName): Uri => {
  const mark = raw.indexOf('?')
  const rawTarget = mark < 0 ? raw : raw.slice(0, mark)
  const rawQuery = mark < 0 ? '' : raw.slice(mark + 1)
  const target = scrubPath(rawTarget, isSecret)
  const query = scrubQuery(rawQuery, isSecret)
  const redactedPath = target !== rawTarget
  const redactedQuery = query !== rawQuery
  const authority = target.startsWith('/') ? undefined : AUTHORITY.exec(target)?.[0]
  return {
    uri: redactedPath || redactedQuery ? (mark < 0 ? target : `${target}?${query}`) : raw,
    path: authority === undefined ? target : target.slice(authority.length) || '/',
    query,
    redactedPath,
    redactedQuery,
  }
}

export const scrubUrl = (url: string, isSecret: SecretName): string => readUri(url, isSecret).uri
