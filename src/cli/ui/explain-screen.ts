/**
 * `riposte explain`: one record walked through the house, a block per stage, each with the reasons that the stage gave.
 * It is drawn from the trace of the very function that the daemon runs, so it cannot tell another story.
 */

import type { Explanation } from '../../app/explain.ts'
import type { Reason, StageName } from '../../core/reason.ts'
import { dispositionPaint, remediationPaint, severityPaint } from './colour.ts'
import { requestText } from './event-lines.ts'
import { evidenceLines } from './evidence-lines.ts'
import { labelled, roomOf, type Screen } from './layout.ts'
import { count } from './number.ts'
import { printable } from './printable.ts'
import { clock, span } from './time.ts'
import { textWidth, truncate, wrap } from './width.ts'

const LABEL = 9
const BECAUSE = 'because '

export const explainScreen = (e: Explanation, screen: Screen): readonly string[] => {
  const c = screen.colours
  const room = roomOf(screen) - LABEL
  const said = (...stages: readonly StageName[]): readonly Reason[] =>
    e.reasons.filter((reason) => stages.includes(reason.stage))
  const block = (
    label: string,
    facts: readonly Fact[],
    reasons: readonly Reason[],
    extra: readonly string[] = [],
  ): readonly string[] => {
    const body = [
      ...facts.flatMap((fact) => factLines(fact, room)),
      ...folded(reasons.filter((reason) => reason.weight === undefined)).flatMap((reason) =>
        becauseLines(reason, room, screen),
      ),
      ...extra,
    ]
    return body.length === 0 ? [] : labelled(label, body, LABEL, (text) => c.cyan(text))
  }
  const place = `${e.raw.source} @ ${e.raw.offset} + ${count(e.raw.length)} bytes`
  const lines = [...block('record', [fact(`${place}  ·  record ${count(e.record)}  ·  ${e.format}`)], said('record'))]
  const { event, rejection } = e
  if (rejection)
    return [
      ...lines,
      ...block('parse', [fact(`rejected: ${rejection.code}`, c.red)], said('parse')),
      // The parser usually said so itself, as its reason.
      ...(said('parse').some((reason) => reason.text === rejection.text)
        ? []
        : labelled('', wrap(`${BECAUSE}${printable(rejection.text)}`, room), LABEL, c.cyan)),
    ]
  if (!event)
    return [...lines, ...block('parse', [fact(`no event: ${e.ignored ?? 'ignored'}`, c.yellow)], said('parse'))]

  const status = event.response.status > 0 ? ` → ${event.response.status}` : ''
  const proxy = event.peerIp === event.clientIp ? '' : ` by way of ${event.peerIp}`
  const matched = event.matches.filter((match) => !match.evaluation)
  return [
    ...lines,
    ...block(
      'event',
      [
        fact(`${event.id}  ${clock(event.time)} UTC  sensor ${event.sensor}`, c.dim),
        fact(`${event.clientIp}${proxy}`),
        fact(`${requestText(event)}${status}`, c.bold),
        fact(
          `${event.disposition}${event.dispositionConfidence < 1 ? ` (${Math.round(event.dispositionConfidence * 100)} % sure)` : ''}`,
          dispositionPaint(c, event.disposition),
        ),
      ],
      said('parse'),
      matched.flatMap((match) => {
        const where = match.variable ? ` in ${match.variable}` : ''
        const text = wrap(printable(`${match.message || 'no message'}${where}`), room - 12)
        return text.map((line, i) => `${i === 0 ? `rule ${String(match.ruleId).padEnd(7)}` : ' '.repeat(12)}${line}`)
      }),
    ),
    ...block(
      'class',
      [
        fact(
          `${event.attackClasses.join(' ') || 'no attack class'}  score ${event.threatScore}${event.anomalyScore === undefined ? '' : `  (CRS's own ${event.anomalyScore})`}  severity ${event.severity}`,
          severityPaint(c, event.severity),
        ),
        ...(event.redacted.length > 0 ? [fact(`redacted: ${event.redacted.join(', ')}`, c.dim)] : []),
      ],
      said('classify'),
    ),
    ...block(
      'alert',
      e.alerts.length === 0
        ? [fact('no scenario fired', c.dim)]
        : e.alerts.map((alert) =>
            fact(
              `${alert.scenario} fired for ${alert.subject.value}: wants ${alert.verdict}, ${alert.confidence} % sure`,
              remediationPaint(c, alert.verdict),
            ),
          ),
      said('correlate'),
    ),
    ...labelled('evidence', evidenceLines(e.reasons, room, c), LABEL, c.cyan),
    ...block(
      'decide',
      e.decisions.length === 0
        ? [fact('nothing: no decision is made or changed', c.dim)]
        : e.decisions.map((d) =>
            fact(
              `${d.type} ${d.scope} ${d.value} for ${span(d.until - d.startsAt)}, until ${clock(d.until)} UTC${d.simulated ? ' (shadow: not enforced)' : ''}`,
              (text) => c.bold(remediationPaint(c, d.type)(text)),
            ),
          ),
      said('decide'),
    ),
    ...block('would', [], said('respond')),
  ]
}

interface Fact {
  readonly text: string
  readonly paint: (text: string) => string
}

const fact = (text: string, paint: Fact['paint'] = (t) => t): Fact => ({ text: printable(text), paint })

const factLines = (f: Fact, room: number): readonly string[] => wrap(f.text, room).map(f.paint)

/** Neighbours that say the same in other names (each guard in turn: no objection) become one line. */
const folded = (reasons: readonly Reason[]): readonly Reason[] => {
  const lines: Reason[] = []
  for (const reason of reasons) {
    const last = lines.at(-1)
    if (last?.text === reason.text) lines[lines.length - 1] = { ...last, code: `${last.code} ${reason.code}` }
    else lines.push(reason)
  }
  return lines
}

const becauseLines = (reason: Reason, room: number, screen: Screen): readonly string[] => {
  const c = screen.colours
  const lines = wrap(printable(reason.text), room - BECAUSE.length)
  // The stable code is for looking up, not for reading: it yields where the line is full.
  const left = room - BECAUSE.length - textWidth(lines.at(-1)!) - 2
  const shown = left >= Math.min(reason.code.length, 16) ? c.dim(`  ${truncate(reason.code, left)}`) : ''
  return lines.map(
    (line, i) =>
      `${i === 0 ? c.dim(BECAUSE) : ' '.repeat(BECAUSE.length)}${line}${i === lines.length - 1 ? shown : ''}`,
  )
}
