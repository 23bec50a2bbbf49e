/**
 * HTTP as connectors speak it. They say where and what; timeouts, masks, limits, failures with a code and dry runs are
 * those of whoever carries it out (`http-client.ts`, `dry-http.ts`). Redirects are never followed: credentials stay
 * with the host that the configuration names.
 */
import { Failure } from '../core/failure.ts'
import type { Secret } from './secret.ts'

export interface Tls {
  /** PEM of the authorities that are trusted instead of the system's. */
  readonly ca?: string
  /** PEM of our certificate and its key, where the server asks for one. */
  readonly cert?: string
  readonly key?: Secret
}

export interface HttpTarget {
  /** `https://soar.example.net/base`; a Secret where the address itself is the credential. */
  readonly base: string | Secret
  readonly headers?: Readonly<Record<string, string | Secret>>
  readonly tls?: Tls
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Appended to the base; made with `at`. */
  readonly path?: string
  readonly query?: Readonly<Record<string, string | number | Secret | undefined>>
  readonly headers?: Readonly<Record<string, string | Secret>>
  /** At most one of `json`, `form`, `text`. A Secret anywhere in them is revealed on the wire only. */
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string | Secret | undefined>>
  readonly text?: { readonly type: string; readonly body: string }
  /** `write` when the server keeps something of it. */
  readonly effect: 'read' | 'write'
  /** Status codes beyond 2xx that are answers to this request, not failures. */
  readonly expect?: readonly number[]
  /** In a dry run nothing is sent: the action goes on with this JSON as the answer, or ends here when there is none. */
  readonly whenDry?: unknown
}

export interface HttpAnswer {
  readonly status: number
  header(name: string): string | undefined
  readonly text: string
  /** Throws the Failure `HTTP_NOT_JSON`. */
  json(): unknown
  /** What its status means to an action that had expected it, looked into it, and found nothing to go on with. */
  failure(): Failure
}

/** Throws a Failure: `HTTP_UNREACHABLE`, `HTTP_TIMEOUT`, `HTTP_REDIRECT`, `HTTP_AUTH`, `HTTP_NOT_FOUND`, `HTTP_GONE`, `HTTP_BUSY`, `HTTP_SERVER`, `HTTP_REFUSED`, `HTTP_TOO_LARGE`, `HTTP_NOT_JSON`. */
export type Http = (target: HttpTarget, request: HttpRequest) => Promise<HttpAnswer>

/** A path of which each value is one segment, whatever is in it: at`/incidents/${id}/comments`. */
export const at = (parts: TemplateStringsArray, ...values: readonly (string | number)[]): string =>
  parts.map((part, i) => (i < values.length ? part + segment(String(values[i])) : part)).join('')

const segment = (value: string): string => {
  if (value === '' || value === '.' || value === '..')
    throw new Failure('HTTP_PATH', `${JSON.stringify(value)} cannot be a part of a path`, {
      remedy: 'Check the name or id that is given to this action.',
    })
  return encodeURIComponent(value)
}
