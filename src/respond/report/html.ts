/** The report as one HTML page: no script, no other file, readable in light and dark, on paper, and by a screen reader. */
import { iso } from '../../core/time.ts'
import { htmlText as text } from '../../kit/html.ts'
import { barChart, shareChart } from './charts.ts'
import { type Moment, type ReportFacts, slices, timeLine } from './report.ts'

const SLICES = 48

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6570; --line: #d9dee4; --paper: #fff; --mark: #b3261e; --code: #f4f6f8 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #9aa5b1; --line: #333b45; --paper: #14181d; --mark: #ff8a80; --code: #1d232a } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif }
h1 { margin: 0 0 .25rem; font-size: 1.75rem; line-height: 1.25 }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem }
.severity { color: var(--mark); font-weight: 600; text-transform: capitalize }
.soft, time { color: var(--soft) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; margin: 1.25rem 0 0 }
dt { color: var(--soft) }
dd { margin: 0; overflow-wrap: anywhere }
code, pre { font: 13px/1.5 ui-monospace, monospace; background: var(--code); border-radius: 4px; overflow-wrap: anywhere }
code { padding: .1em .3em }
pre { padding: .75rem 1rem; white-space: pre-wrap }
table { width: 100%; border-collapse: collapse; font-size: .93rem }
th { text-align: left; color: var(--soft); font-weight: 500 }
th, td { padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.whole { white-space: nowrap }
td.number { text-align: right; font-variant-numeric: tabular-nums }
ol { list-style: none; margin: 0; padding: 0 }
li { display: grid; grid-template-columns: 12.5rem 5.5rem 1fr; gap: 0 .75rem; padding: .35rem 0; border-bottom: 1px solid var(--line) }
li time { font-variant-numeric: tabular-nums }
li code { grid-column: 3 }
svg { width: 100%; height: auto; font: 13px system-ui, sans-serif; fill: var(--ink) }
svg .bars rect { fill: var(--mark) }
svg .axis { stroke: var(--line) }
@media (max-width: 40rem) { table { display: block; overflow-x: auto } td { min-width: 4.5rem } svg { font-size: 20px } li { grid-template-columns: 1fr } li code { grid-column: 1 } dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .5rem } }
@media print { body { max-width: none; padding: 0 } h2 { break-after: avoid } li, tr { break-inside: avoid } }
`

/** `2026-11-27 08:01:09`; the page says that it is UTC. */
const shortTime = (time: string): string => text(time.slice(0, 19).replace('T', ' '))

const KIND: Readonly<Record<Moment['kind'], string>> = {
  event: 'seen',
  decision: 'decided',
  proof: 'proved',
  run: 'did',
  act: 'act',
}

const moment = ({ at, kind, text: words, seen }: Moment): string =>
  `<li><time datetime="${iso(at)}">${iso(at).replace('T', ' ').replace('Z', '')}</time><span class="soft">${KIND[kind]}</span><span>${text(words)}</span>${seen === undefined ? '' : `<code>${text(seen.slice(0, 500))}</code>`}</li>`

export const reportHtml = (facts: ReportFacts): string => {
  const { case: file, madeAt } = facts
  const rows = file.rules
    .slice(0, 20)
    .map(
      ({ id, message, severity, count }) =>
        `<tr><td>${id}</td><td>${text(message)}</td><td>${text(severity)}</td><td class="number">${count}</td></tr>`,
    )
  const seen = (
    [
      ['Hosts', file.observables.hosts],
      ['Paths', file.observables.paths],
      ['User agents', file.observables.userAgents],
    ] as const
  ).filter(([, values]) => values.length > 0)
  const decisions = file.decisions.map(
    ({ type, until, reference, reason, origin, simulated }) =>
      `<tr><td>${type}${simulated ? ' (shadow)' : ''}</td><td class="whole">${shortTime(until)}</td><td>${text(reason)}</td><td>${text(origin)}</td><td class="whole"><code>${reference}</code></td></tr>`,
  )
  const classes = file.attackClasses.map((name) => ({
    name,
    count: file.events.filter(({ attackClasses }) => attackClasses.includes(name)).length,
  }))
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>${text(file.title)}</title><style>${STYLE}</style></head>
<body>
<header>
<h1>${text(file.title)}</h1>
<p class="soft"><span class="severity">${file.severity}</span> · TLP:${file.tlp.toUpperCase()} · ${text(file.id)}</p>
</header>
<dl>
<dt>From</dt><dd>${shortTime(file.openedAt)} UTC</dd>
<dt>To</dt><dd>${shortTime(file.lastAt)} UTC</dd>
<dt>State</dt><dd>${file.state}${file.escalated ? ', escalated' : ''}</dd>
<dt>Seen</dt><dd>${file.eventCount} events, ${file.alertCount} alerts, on ${text(file.sensors.join(', '))}</dd>
<dt>Confidence</dt><dd>${file.confidence} %</dd>
<dt>Scenarios</dt><dd>${text(file.scenarios.join(', '))}</dd>
</dl>
${file.reasons.length === 0 ? '' : `<h2>Why</h2><ul>${file.reasons.map((reason) => `<li style="display:list-item;border:0;padding:0">${text(reason)}</li>`).join('')}</ul>`}
<h2>Over time</h2>
${barChart(slices(file, SLICES), 'events over time')}
${classes.length === 0 ? '' : `<h2>Kinds of attack in the ${file.events.length} events shown</h2>${shareChart(classes, 'events per kind of attack')}`}
<h2>Decisions</h2>
${decisions.length === 0 ? '<p class="soft">None.</p>' : `<table><thead><tr><th>What</th><th>Until</th><th>Why</th><th>By</th><th>Reference</th></tr></thead><tbody>${decisions.join('')}</tbody></table>`}
<h2>Rules</h2>
${rows.length === 0 ? '<p class="soft">None matched.</p>' : `<table><thead><tr><th>Rule</th><th>Message</th><th>Severity</th><th>Count</th></tr></thead><tbody>${rows.join('')}</tbody></table>`}
${seen.map(([name, values]) => `<h2>${name}</h2><pre>${values.map((value) => text(value.slice(0, 500))).join('\n')}</pre>`).join('\n')}
<h2>Time line</h2>
<ol>${timeLine(facts).map(moment).join('')}</ol>
<p class="soft">Made ${shortTime(iso(madeAt))}; all times are UTC. The first and the latest events are shown; secrets were removed before anything was stored.</p>
</body>
</html>
`
}
