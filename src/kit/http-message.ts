/** A request as it goes out, and as it may be shown: the same but for the secrets. */
import { Failure } from '../core/failure.ts'
import type { HttpRequest, HttpTarget } from './http.ts'
import { Secret } from './secret.ts'

export interface HttpMessage {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

type Reading = (value: string | Secret) => string

const revealed: Reading = (value) => (value instanceof Secret ? value.reveal() : value)
const shown: Reading = String

const written = (target: HttpTarget, request: HttpRequest, read: Reading): HttpMessage => {
  const url = `${read(target.base).replace(/\/+$/, '')}${request.path ?? ''}`
  const query = Object.entries(request.query ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encoded(value, read)}`],
  )
  const body = bodyOf(request, read)
  return {
    method: request.method,
    url: query.length === 0 ? url : `${url}${url.includes('?') ? '&' : '?'}${query.join('&')}`,
    headers: headersOf({ 'user-agent': 'Riposte/1', accept: 'application/json' }, body?.type, target, request, read),
    body: body?.text,
  }
}

/** A mask stays legible. */
const encoded = (value: string | number | Secret, read: Reading): string =>
  value instanceof Secret && read === shown ? String(value) : encodeURIComponent(read(value as string))

const headersOf = (
  defaults: Readonly<Record<string, string>>,
  type: string | undefined,
  { headers }: HttpTarget,
  request: HttpRequest,
  read: Reading,
): Readonly<Record<string, string>> => {
  const all: Record<string, string> = { ...defaults, ...(type === undefined ? {} : { 'content-type': type }) }
  for (const [name, value] of Object.entries({ ...headers, ...request.headers })) all[name.toLowerCase()] = read(value)
  return all
}

const bodyOf = ({ json, form, text }: HttpRequest, read: Reading): { type: string; text: string } | undefined => {
  if (json !== undefined)
    return { type: 'application/json', text: JSON.stringify(json, (_key, value) => plain(value, read)) }
  if (form !== undefined) {
    const pairs = Object.entries(form).flatMap(([name, value]) =>
      value === undefined ? [] : [`${encodeURIComponent(name)}=${encoded(value, read)}`],
    )
    return { type: 'application/x-www-form-urlencoded', text: pairs.join('&') }
  }
  return text && { type: text.type, text: text.body }
}

/** `JSON.stringify` asks `toJSON` first, which masks: so the object that holds a secret is opened one level above it. */
const plain = (value: unknown, read: Reading): unknown => {
  if (value === null || typeof value !== 'object' || value instanceof Secret) return value
  const entries = Object.entries(value)
  if (!entries.some(([, inner]) => inner instanceof Secret)) return value
  const opened = entries.map(([key, inner]) => [key, inner instanceof Secret ? read(inner) : inner] as const)
  return Array.isArray(value) ? opened.map(([, inner]) => inner) : Object.fromEntries(opened)
}

/** As it goes out. Throws the Failure `HTTP_URL` when the address is none. */
export const onTheWire = (target: HttpTarget, request: HttpRequest): HttpMessage => {
  const message = written(target, request, revealed)
  if (!URL.canParse(message.url) || !/^https?:/i.test(message.url))
    throw new Failure('HTTP_URL', 'the address of this connector is no http or https address', {
      remedy: 'Write an address such as https://soar.example.net.',
    })
  return message
}

/** As people may see it. */
export const forPeople = (target: HttpTarget, request: HttpRequest): HttpMessage => written(target, request, shown)

/** Removes from a text that a server sent whatever secrets this request held. */
export const blotting =
  (target: HttpTarget, request: HttpRequest): ((text: string) => string) =>
  (text) =>
    secretsIn([target.base, target.headers, request.query, request.headers, request.json, request.form]).reduce(
      (rest, secret) => secret.blot(rest),
      text,
    )

const secretsIn = (value: unknown): readonly Secret[] => {
  if (value instanceof Secret) return [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(secretsIn) : []
}
