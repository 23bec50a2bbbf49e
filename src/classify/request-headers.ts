/** One pass over the request's headers: what the other files need of them, and what of them may be kept. */
import type { HeaderList } from '../core/event.ts'
import { cut, LIMITS } from './bounds.ts'
import type { SessionCookie } from './cookies.ts'
import { memo, ownText } from './memo.ts'
import { noneYet, type Recent, remember } from './recent.ts'
import { type CleanValue, REMEMBERED, type Redactor } from './redact.ts'
import { MARK } from './scrub-text.ts'
import { isClientHeader } from './true-client.ts'

export interface RequestHeaders {
  /** Redacted and bounded. A last entry named `…` says how many were left out. */
  readonly kept: HeaderList
  /** Paths of the headers in `kept` of which something was replaced, each once. */
  readonly redacted: readonly string[]
  /** The Host header in lower case, without the default port; empty when there is none. */
  readonly host: string
  readonly userAgent: string
  readonly userAgentRedacted: boolean
  readonly session: SessionCookie | undefined
  /** The Authorization header as sent: never to leave this room. */
  readonly authorization: string | undefined
  /** Lines that claim to name the client. */
  readonly clientLines: number
}

type Kind = 'plain' | 'host' | 'agent' | 'url' | 'cookie' | 'credential' | 'proxy-credential' | 'secret' | 'client'

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['host', 'host'],
  ['user-agent', 'agent'],
  ['cookie', 'cookie'],
  ['cookie2', 'cookie'],
  ['authorization', 'credential'],
  ['proxy-authorization', 'proxy-credential'],
  ['referer', 'url'],
  ['referrer', 'url'],
  ['origin', 'url'],
  ['location', 'url'],
  ['content-location', 'url'],
  ['destination', 'url'],
  ['x-original-url', 'url'],
  ['x-rewrite-url', 'url'],
  ['x-forwarded-uri', 'url'],
  ['x-original-uri', 'url'],
])

interface Name {
  readonly kind: Kind
  readonly shown: string
  /** Nothing of the name was replaced or cut. */
  readonly asSent: boolean
  readonly path: string
  /** Values that came last under this name: most headers say the same in request after request. */
  readonly latest: Recent<CleanValue>
}

const EMPTY: readonly string[] = []
const DEFAULT_PORT = /:(?:80|443)$/

/** Credentials before an @ are no part of a host. */
const hostOf = (value: string): string => {
  const host = value
    .slice(value.lastIndexOf('@') + 1)
    .trim()
    .toLowerCase()
  return cut(host.replace(DEFAULT_PORT, ''), LIMITS.host)
}

export const createHeaderReader = (redactor: Redactor): ((headers: HeaderList) => RequestHeaders) => {
  const nameOf = memo(2048, LIMITS.headerName, (name): Name => {
    const lower = name.toLowerCase()
    const kind = KINDS.get(lower) ?? (isClientHeader(lower) ? 'client' : redactor.isSecret(name) ? 'secret' : 'plain')
    const shown = redactor.text(name, LIMITS.headerName).text
    return { kind, shown, asSent: shown === name, path: `request.headers.${shown}`, latest: noneYet() }
  })
  const knownHost = memo(1024, LIMITS.host, (value) => redactor.text(hostOf(value), LIMITS.host).text)
  let latestHost = { of: '', text: '' }
  const readHost = (value: string): string => {
    if (value !== latestHost.of) latestHost = { of: ownText(value), text: knownHost(value) }
    return latestHost.text
  }

  const readValue = (name: Name, value: string): CleanValue => {
    for (const known of name.latest.items) if (known.of === value) return known
    const clean = name.kind === 'url' ? redactor.url(value) : redactor.value(value)
    if (value.length <= REMEMBERED) remember(name.latest, clean)
    return clean
  }

  return (headers) => {
    const kept: (readonly [string, string])[] = []
    let redacted: string[] | undefined
    let hostText = ''
    let userAgent: string | undefined
    let userAgentRedacted = false
    let session: SessionCookie | undefined
    let authorization: string | undefined
    let clientLines = 0
    const room = headers.length > LIMITS.headers ? LIMITS.headers - 1 : headers.length
    for (let i = 0; i < headers.length; i++) {
      const header = headers[i]!
      const value = header[1]
      const known = nameOf(header[0])
      let text: string
      let changed = false
      switch (known.kind) {
        case 'cookie': {
          const cookies = redactor.cookies(value)
          text = cookies.text
          changed = redactor.enabled && text !== ''
          session ??= cookies.session
          break
        }
        case 'credential':
        case 'proxy-credential': {
          const clean = redactor.credential(value)
          text = clean.text
          changed = clean.redacted
          if (known.kind === 'credential') authorization ??= value
          break
        }
        case 'secret':
          text = MARK
          changed = true
          break
        default: {
          const clean = readValue(known, value)
          text = clean.text
          changed = clean.redacted
          if (known.kind === 'client') clientLines++
          else if (known.kind === 'host') {
            hostText ||= readHost(value)
            if (redactor.enabled && value.includes('@')) {
              text = `${MARK}@${readHost(value)}`
              changed = true
            }
          } else if (known.kind === 'agent' && userAgent === undefined) {
            userAgent = text
            userAgentRedacted = changed
          }
        }
      }
      if (i >= room) continue
      kept.push(known.asSent && !changed && text.length === value.length ? header : [known.shown, text])
      if (!changed) continue
      redacted ??= []
      if (!redacted.includes(known.path)) redacted.push(known.path)
    }
    if (headers.length > room) kept.push(['…', `${headers.length - room} more`])
    return {
      kept,
      redacted: redacted ?? EMPTY,
      host: hostText,
      userAgent: cut(userAgent ?? '', LIMITS.userAgent),
      userAgentRedacted,
      session,
      authorization,
      clientLines,
    }
  }
}
