/** Events for the tests of this folder: a browser at a shop, and a way to trip a rule. */
import type { AttackClass, Event, RuleMatch } from '../../core/event.ts'

export const T0 = Date.UTC(2026, 0, 5, 9, 0, 0)

let serial = 0

export interface Like {
  readonly at?: number
  readonly ip?: string
  readonly method?: string
  readonly host?: string
  readonly uri?: string
  readonly status?: number
  readonly agent?: string
  readonly session?: string
  readonly headers?: readonly (readonly [string, string])[]
  readonly matches?: readonly RuleMatch[]
}

const BROWSER: readonly (readonly [string, string])[] = [
  ['Accept-Language', 'en'],
  ['Accept-Encoding', 'gzip'],
]

export const request = (like: Like): Event => {
  const uri = like.uri ?? '/'
  const question = uri.indexOf('?')
  const matches = like.matches ?? []
  return {
    id: `e-${(serial++).toString(16).padStart(24, '0')}`,
    transactionId: String(serial),
    time: like.at ?? T0,
    sensor: 'w1',
    engine: 'modsecurity3',
    clientIp: like.ip ?? '198.51.100.7',
    peerIp: like.ip ?? '198.51.100.7',
    ...(like.session === undefined ? {} : { session: like.session }),
    request: {
      method: like.method ?? 'GET',
      host: like.host ?? 'shop.example.net',
      uri,
      path: question < 0 ? uri : uri.slice(0, question),
      query: question < 0 ? '' : uri.slice(question + 1),
      userAgent: like.agent ?? 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
      headers: like.headers ?? BROWSER,
      httpVersion: '1.1',
    },
    response: { status: like.status ?? (matches.length > 0 ? 403 : 200) },
    matches,
    attackClasses: [...new Set(matches.map((m) => m.attackClass))],
    threatScore: matches.length * 4,
    severity: matches.length > 0 ? 'high' : 'info',
    disposition: matches.length > 0 ? 'blocked' : 'allowed',
    dispositionConfidence: 1,
    redacted: [],
    raw: { source: 'test', offset: 0, length: 0 },
  }
}

export const match = (
  ruleId: number,
  attackClass: AttackClass,
  variable: string,
  value: string,
  extra: Partial<RuleMatch> = {},
): RuleMatch => ({
  ruleId,
  message: 'rule',
  data: `Matched Data: x found within ${variable}: ${value}`,
  severity: 'CRITICAL',
  tags: ['paranoia-level/1'],
  file: '/rules.conf',
  line: 1,
  variable,
  attackClass,
  paranoiaLevel: 1,
  ...extra,
})

/** Different inputs and wordings, as a person with a list of payloads tries them. */
export const attack = (n: number, like: Like = {}): Event => {
  const list = [
    ['/search', 'ARGS:q', 942100, 'sqli', "1' OR '1'='1"],
    ['/download', 'ARGS:file', 930120, 'lfi', '../../../../etc/passwd'],
    ['/product', 'ARGS:id', 942190, 'sqli', "-1' UNION SELECT NULL,NULL--"],
    ['/contact', 'ARGS:msg', 941110, 'xss', '<script>alert(1)</script>'],
    ['/tool', 'ARGS:host', 932160, 'rce', ';cat /etc/shadow'],
    ['/view', 'ARGS:page', 933160, 'php', "';phpinfo();//"],
    ['/profile', 'ARGS:name', 941160, 'xss', '<svg onload=x()>'],
    ['/fetch', 'ARGS:url', 931100, 'rfi', 'http://192.0.2.9/x.txt?'],
  ] as const
  const [path, variable, rule, attackClass, value] = list[n % list.length]!
  const round = Math.floor(n / list.length)
  const text = round === 0 ? value : `${value}${String.fromCharCode(97 + (round % 26))}`
  return request({ uri: path, ...like, matches: [match(rule, attackClass, variable, text)] })
}

/** Enough ordinary traffic of other clients that the log is known to show it. */
export const crowd = (at = T0): Event[] =>
  Array.from({ length: 24 }, (_, i) =>
    request({ at: at + i, ip: `203.0.113.${1 + (i % 12)}`, uri: `/page/${i}`, session: `s-${i % 12}` }),
  )
