/**
 * Outcomes as text, for the way from one thread to another: an event says its field names and its rules' texts once per
 * connection instead of once per event, which halves what has to be written and read. Both ends keep the same growing
 * table of rules, so lines must be decoded in the order in which they were encoded.
 */
import type { Event, HeaderList, RuleMatch } from '../core/event.ts'
import type { Outcome } from './engine.ts'

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** What a rule says of itself in every event; a message that quotes the event travels with the match. */
type Rule = Omit<RuleMatch, 'data' | 'variable'>

/** Tables start anew beyond so many rules, which only forged logs reach. */
const MOST_RULES = 8192
/** In place of a text that can be told from others. */
const SAME = 0

const sameRule = (a: Rule, b: RuleMatch): boolean =>
  (a.tags === b.tags || (a.tags.length === b.tags.length && a.tags.every((tag, i) => tag === b.tags[i]))) &&
  a.file === b.file &&
  a.line === b.line &&
  a.severity === b.severity &&
  a.attackClass === b.attackClass &&
  a.paranoiaLevel === b.paranoiaLevel &&
  a.evaluation === b.evaluation

const ruleOf = ({ data: _data, variable: _variable, ...rule }: RuleMatch): Rule => rule

export class OutcomeEncoder {
  #rules = new Map<number, { readonly rule: Rule; readonly index: number }[]>()
  #count = 0

  /** One outcome as one line of JSON. */
  encode(outcome: Outcome): string {
    if (!('event' in outcome)) return JSON.stringify(outcome)
    const reset = this.#count > MOST_RULES
    if (reset) {
      this.#rules = new Map()
      this.#count = 0
    }
    const news: Rule[] = []
    const event = this.#event(outcome, news)
    return JSON.stringify([reset ? 1 : 0, news, event])
  }

  #event({ event: e, untrustedHeaders }: Extract<Outcome, { event: Event }>, news: Rule[]): Json {
    const { request: r } = e
    const headers: string[] = []
    let agent: Json = r.userAgent
    for (const [name, value] of r.headers) {
      if (value === agent) agent = headers.length + 1
      headers.push(name, value)
    }
    const plainUri =
      r.uri.length === r.path.length + (r.query === '' ? 0 : r.query.length + 1) &&
      r.uri.startsWith(r.path) &&
      r.uri.endsWith(r.query)
    return [
      untrustedHeaders,
      e.id,
      e.transactionId,
      e.time,
      e.sensor,
      e.engine,
      e.clientIp,
      e.peerIp === e.clientIp ? SAME : e.peerIp,
      e.session ?? null,
      r.method,
      r.host,
      r.uri,
      plainUri ? r.path.length : r.path,
      plainUri ? SAME : r.query,
      agent,
      headers,
      r.httpVersion,
      e.response.status,
      e.matches.map((match) => this.#match(match, news)),
      e.attackClasses,
      e.anomalyScore ?? null,
      e.threatScore,
      e.severity,
      e.disposition,
      e.dispositionConfidence,
      e.engineMode ?? null,
      e.redacted,
      e.raw.source,
      e.raw.offset,
      e.raw.length,
    ]
  }

  #match(match: RuleMatch, news: Rule[]): Json {
    let known = this.#rules.get(match.ruleId)
    let entry = known?.find(({ rule }) => sameRule(rule, match))
    if (!entry) {
      entry = { rule: ruleOf(match), index: this.#count++ }
      if (known) known.push(entry)
      else {
        known = [entry]
        this.#rules.set(match.ruleId, known)
      }
      news.push(entry.rule)
    }
    return [
      entry.index,
      match.data,
      match.variable ?? null,
      match.message === entry.rule.message ? SAME : match.message,
    ]
  }
}

type EventLine = [
  number,
  string,
  string,
  number,
  string,
  Event['engine'],
  string,
  string | 0,
  string | null,
  string,
  string,
  string,
  string | number,
  string | 0,
  string | number,
  string[],
  string,
  number,
  MatchLine[],
  Event['attackClasses'],
  number | null,
  number,
  Event['severity'],
  Event['disposition'],
  number,
  Event['engineMode'] | null,
  string[],
  string,
  number,
  number,
]
type MatchLine = [rule: number, data: string, variable: string | null, message: string | 0]

export class OutcomeDecoder {
  #rules: Rule[] = []

  decode(line: string): Outcome {
    const told = JSON.parse(line) as Outcome | [reset: 0 | 1, news: Rule[], event: EventLine]
    if (!Array.isArray(told)) return told
    const [reset, news, event] = told
    if (reset) this.#rules = []
    for (const rule of news) this.#rules.push(rule)
    return this.#event(event)
  }

  #event(l: EventLine): Outcome {
    const headers: (readonly [string, string])[] = []
    for (let i = 0; i < l[15].length; i += 2) headers.push([l[15][i]!, l[15][i + 1]!])
    const uri = l[11]
    const plain = typeof l[12] === 'number'
    const event: { -readonly [Key in keyof Event]: Event[Key] } = {
      id: l[1],
      transactionId: l[2],
      time: l[3],
      sensor: l[4],
      engine: l[5],
      clientIp: l[6],
      peerIp: l[7] === SAME ? l[6] : l[7],
      request: {
        method: l[9],
        host: l[10],
        uri,
        path: plain ? uri.slice(0, l[12] as number) : (l[12] as string),
        query: plain ? uri.slice((l[12] as number) + 1) : (l[13] as string),
        userAgent: typeof l[14] === 'number' ? l[15][l[14]]! : l[14],
        headers: headers as HeaderList,
        httpVersion: l[16],
      },
      response: { status: l[17] },
      matches: l[18].map((match) => this.#match(match)),
      attackClasses: l[19],
      threatScore: l[21],
      severity: l[22],
      disposition: l[23],
      dispositionConfidence: l[24],
      redacted: l[26],
      raw: { source: l[27], offset: l[28], length: l[29] },
    }
    if (l[8] !== null) event.session = l[8]
    if (l[20] !== null) event.anomalyScore = l[20]
    if (l[25]) event.engineMode = l[25]
    return { event, untrustedHeaders: l[0] }
  }

  #match([index, data, variable, message]: MatchLine): RuleMatch {
    const rule = this.#rules[index]!
    const match: { -readonly [Key in keyof RuleMatch]: RuleMatch[Key] } = {
      ruleId: rule.ruleId,
      message: message === SAME ? rule.message : message,
      data,
      severity: rule.severity,
      tags: rule.tags,
      file: rule.file,
      line: rule.line,
      attackClass: rule.attackClass,
    }
    if (variable !== null) match.variable = variable
    if (rule.paranoiaLevel !== undefined) match.paranoiaLevel = rule.paranoiaLevel
    if (rule.evaluation) match.evaluation = true
    return match
  }
}
