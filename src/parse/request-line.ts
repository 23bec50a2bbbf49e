import { httpVersion } from './http-version.ts'

export interface RequestLine {
  readonly method: string
  readonly uri: string
  readonly httpVersion: string
}

/**
 * `GET /a?b=c HTTP/1.1`. The target is what lies between the first blank and the last: an attacker may send blanks in
 * it. Bytes that are no HTTP at all (a TLS hello on a plain port) leave everything empty but the uri.
 */
export const readRequestLine = (line: string): RequestLine => {
  const first = line.indexOf(' ')
  if (first <= 0 || first > 32) return { method: '', uri: line === '-' ? '' : line, httpVersion: '' }
  const last = line.lastIndexOf(' ')
  const version = last > first ? httpVersion(line.slice(last + 1)) : ''
  return {
    method: line.slice(0, first),
    uri: version ? line.slice(first + 1, last) : line.slice(first + 1).trimEnd(),
    httpVersion: version,
  }
}
