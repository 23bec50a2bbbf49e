/**
 * Writes the script of one visit: who comes, what is asked, after which pause, and whether it is meant badly.
 * Enters: a client, a host, a source of randomness. Leaves: steps, in order, ready to be sent. Nothing is sent here, so
 * the whole cast can be planned, counted and compared before the first byte goes out.
 * A browser loads the style sheet after its first page and keeps the session cookie that the shop set then; the shop
 * uses the request id as session id, so the script knows it beforehand.
 */
import type { HttpRequest } from '../../test/real/traffic.ts'
import type { Client } from './clients.ts'
import type { Random } from './random.ts'

export interface Step {
  /** Milliseconds after the previous step of this visit. */
  readonly after: number
  readonly request: HttpRequest
  readonly requestId: string
  /** Is this very request hostile? */
  readonly attack: boolean
  /** Attack class; `benign`; `fpcheck-<class>`: looks like that class and is harmless. */
  readonly cls: string
}

type Header = readonly [name: string, value: string]
type Fields = Readonly<Record<string, string>>

export interface Visitor {
  readonly random: Random
  readonly steps: readonly Step[]
  /** Waits between `from` and `to` milliseconds before the next request. */
  pause(from: number, to?: number): void
  /** What follows is hostile, of this class. */
  hostile(cls: string): void
  /** What follows is harmless; with a class, it looks like that. */
  harmless(looksLike?: string): void
  /** The site it talks to. */
  host(name: string): void
  /** Sent with every request from now on; replaces a line of the same name, undefined removes it. */
  header(name: string, value: string | undefined): void
  request(method: string, target: string, headers?: readonly Header[], body?: string): void
  get(target: string, headers?: readonly Header[]): void
  /** As a person opens a page: the page, then on the first visit what it needs. */
  page(target: string): void
  /** URL-encoded form, with the hidden field that every form of the shop has. */
  form(target: string, fields: Fields): void
  json(target: string, value: unknown, method?: string): void
  /** A file upload as browsers send it. */
  upload(target: string, name: string, type: string, content: string): void
}

export const visitor = (client: Client, random: Random, host = 'shop.example.net'): Visitor => {
  const steps: Step[] = []
  let after = 0
  let attack = false
  let cls = 'benign'
  let site = host
  let headers: Header[] = [...client.headers]
  let cookie: string | undefined
  let dressed = false
  let last: string | undefined

  const request: Visitor['request'] = (method, target, more = [], body) => {
    const requestId = random.hex(16)
    const own = more.map(([name]) => name.toLowerCase())
    const lines: Header[] = [['Host', site], ...headers.filter(([name]) => !own.includes(name.toLowerCase()))]
    if (cookie !== undefined && !own.includes('cookie')) {
      // One Cookie line, as browsers send it: what was set by hand, then the session.
      const line = lines.findIndex(([name]) => name === 'Cookie')
      if (line < 0) lines.push(['Cookie', cookie])
      else lines[line] = ['Cookie', `${lines[line]![1]}; ${cookie}`]
    }
    if (client.browser && last !== undefined && !own.includes('referer')) lines.push(['Referer', `http://${last}`])
    lines.push(...more)
    if (body !== undefined) lines.push(['Content-Length', String(body.length)])
    lines.push(['X-Request-Id', requestId])
    steps.push({
      after,
      requestId,
      attack,
      cls,
      request: { method, target, headers: lines, ...(body === undefined ? {} : { body }) },
    })
    after = 0
    if (client.browser && cookie === undefined) cookie = `sid=${requestId}`
  }

  const post = (target: string, type: string, body: string, method = 'POST') =>
    request(
      method,
      target,
      [['Content-Type', type], ...(client.browser ? [['Origin', `http://${site}`] as const] : [])],
      body,
    )

  return {
    random,
    steps,
    pause: (from, to = from) => {
      after += random.int(from, to)
    },
    hostile: (name) => {
      attack = true
      cls = name
    },
    harmless: (looksLike) => {
      attack = false
      cls = looksLike === undefined ? 'benign' : `fpcheck-${looksLike}`
    },
    host: (name) => {
      site = name
      cookie = undefined
      last = undefined
      dressed = false
    },
    header: (name, value) => {
      headers = headers.filter(([n]) => n.toLowerCase() !== name.toLowerCase())
      if (value !== undefined) headers.push([name, value])
    },
    request,
    get: (target, more) => request('GET', target, more),
    page: (target) => {
      request('GET', target)
      last = `${site}${target.split('?')[0]}`
      if (!client.browser || dressed) return
      dressed = true
      const mark = { attack, cls }
      attack = false
      cls = 'benign'
      for (const asset of ['/assets/site.css', '/assets/site.js', '/assets/logo.svg']) {
        after = random.int(15, 60)
        request('GET', asset, [['Accept', asset.endsWith('css') ? 'text/css,*/*;q=0.1' : '*/*']])
      }
      attack = mark.attack
      cls = mark.cls
    },
    form: (target, fields) =>
      post(
        target,
        'application/x-www-form-urlencoded',
        encodeForm({ ...(client.browser ? { debug: 'false' } : {}), ...fields }),
      ),
    json: (target, value, method) => post(target, 'application/json', latin1(JSON.stringify(value)), method),
    upload: (target, name, type, content) => {
      const boundary = `----WebKitFormBoundary${random.hex(16)}`
      post(
        target,
        `multipart/form-data; boundary=${boundary}`,
        `--${boundary}\r\nContent-Disposition: form-data; name="debug"\r\n\r\nfalse\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${latin1(name)}"\r\nContent-Type: ${type}\r\n\r\n${content}\r\n--${boundary}--\r\n`,
      )
    },
  }
}

/** UTF-8 bytes, one character each. */
export const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** As browsers encode a form and a query: UTF-8, `+` for the blank. */
export const encodeForm = (fields: Fields): string => new URLSearchParams(fields).toString()

export const withQuery = (path: string, fields: Fields): string => `${path}?${encodeForm(fields)}`
