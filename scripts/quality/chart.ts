/**
 * The trade-off as a picture: for every recording, how many attackers are caught at the price of how many innocents.
 * The line is the model with its threshold swept; the numbered points are the simple rules of design §5.
 */
import { THRESHOLDS } from '../../src/correlate/evidence/weights.ts'
import type { Judgement, Verdict } from './judge.ts'
import { SIMPLE_RULES } from './simple-rules.ts'

interface Judged {
  readonly name: string
  readonly judgement: Judgement
}

interface Point {
  /** Innocent and shared addresses banned. */
  readonly wrong: number
  /** Share of the attackers with at least three matched transactions that is banned, 0 to 1. */
  readonly caught: number
}

const PANEL = { width: 340, height: 250, left: 52, top: 62, gap: 46 }

export const chartOf = (judged: readonly Judged[]): string => {
  const panels = judged.filter(({ judgement }) => judgement.verdicts.some((v) => isInnocent(v) && v.peak !== undefined))
  const width = PANEL.left + panels.length * (PANEL.width + PANEL.gap)
  const legendTop = PANEL.top + PANEL.height + 58
  const height = legendTop + 20 * Math.ceil((SIMPLE_RULES.length + 3) / 2) + 12
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="Innocents banned against attackers caught, evidence model and simple rules">`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    ...panels.map((p, i) => panel(p, PANEL.left + i * (PANEL.width + PANEL.gap))),
    legend(legendTop),
    '</svg>',
    '',
  ].join('\n')
}

const STYLE = `
.page{fill:#fff}.ink{fill:#1f2933}.dim{fill:#5f6b7a}.grid{stroke:#dde3ea;stroke-width:1}.axis{stroke:#8491a3;stroke-width:1}
.model{fill:none;stroke:#0b6e4f;stroke-width:2.5}.here{fill:#0b6e4f}.slow{fill:#fff;stroke:#0b6e4f;stroke-width:2.5}.rule{fill:#c2410c}.number{fill:#fff;font-size:10px;font-weight:600}
@media (prefers-color-scheme:dark){.page{fill:#12161c}.ink{fill:#e6ebf2}.dim{fill:#9aa7b8}.grid{stroke:#2a323d}.axis{stroke:#5d6a7b}
.model{stroke:#4ade9f}.here{fill:#4ade9f}.slow{fill:#12161c;stroke:#4ade9f}.rule{fill:#fb923c}.number{fill:#12161c}}`.replaceAll(
  '\n',
  '',
)

const isInnocent = (v: Verdict): boolean => v.client.role !== 'attacker'

const panel = ({ name, judgement }: Judged, x0: number): string => {
  const innocents = judgement.verdicts.filter(isInnocent)
  const attackers = judgement.verdicts.filter((v) => v.client.role === 'attacker' && v.client.matched >= 3)
  const at = (test: (v: Verdict) => boolean): Point => ({
    wrong: innocents.filter(test).length,
    caught: attackers.filter(test).length / Math.max(1, attackers.length),
  })
  const rules = SIMPLE_RULES.map((rule) => at((v) => v.rules.has(rule)))
  const sums = [...new Set(judgement.verdicts.flatMap((v) => v.peak ?? []))].sort((a, b) => b - a)
  const model = sums.map((threshold) => at((v) => (v.peak ?? Number.NEGATIVE_INFINITY) >= threshold && !v.spared))
  const shipped = at((v) => v.banned)

  const most = Math.max(5, ...rules.map((r) => r.wrong))
  const step = most <= 10 ? 2 : most <= 30 ? 5 : most <= 60 ? 10 : 20
  const xMax = Math.ceil((most * 1.04) / step) * step
  const x = (wrong: number): number => x0 + (Math.min(wrong, xMax) / xMax) * PANEL.width
  const y = (caught: number): number => PANEL.top + (1 - caught) * PANEL.height
  const out: string[] = [
    `<text class="ink" x="${x0}" y="${PANEL.top - 34}" font-size="14" font-weight="600">${escapeXml(name)}</text>`,
    `<text class="dim" x="${x0 + PANEL.width}" y="${PANEL.top - 34}" text-anchor="end">${attackers.length} attackers, ${innocents.length} others</text>`,
  ]
  for (let share = 0; share <= 100; share += 20)
    out.push(
      `<line class="grid" x1="${x0}" x2="${x0 + PANEL.width}" y1="${px(y(share / 100))}" y2="${px(y(share / 100))}"/>`,
      `<text class="dim" x="${x0 - 8}" y="${px(y(share / 100) + 4)}" text-anchor="end">${share} %</text>`,
    )
  for (let n = 0; n <= xMax; n += step)
    out.push(`<text class="dim" x="${px(x(n))}" y="${PANEL.top + PANEL.height + 18}" text-anchor="middle">${n}</text>`)
  out.push(
    `<line class="axis" x1="${x0}" x2="${x0}" y1="${PANEL.top}" y2="${PANEL.top + PANEL.height}"/>`,
    `<line class="axis" x1="${x0}" x2="${x0 + PANEL.width}" y1="${PANEL.top + PANEL.height}" y2="${PANEL.top + PANEL.height}"/>`,
    `<text class="dim" x="${x0 + PANEL.width / 2}" y="${PANEL.top + PANEL.height + 36}" text-anchor="middle">innocent and shared addresses banned</text>`,
    `<polyline class="model" points="${[{ wrong: 0, caught: 0 }, ...model.filter((p) => p.wrong <= xMax)].map((p) => `${px(x(p.wrong))},${px(y(p.caught))}`).join(' ')}"/>`,
  )
  rules.forEach((p, i) => {
    out.push(
      `<circle class="rule" cx="${px(x(p.wrong))}" cy="${px(y(p.caught))}" r="8"><title>${escapeXml(`${SIMPLE_RULES[i]}: ${p.wrong} innocents, ${Math.round(p.caught * 100)} % of attackers`)}</title></circle>`,
      `<text class="number" x="${px(x(p.wrong))}" y="${px(y(p.caught) + 3.5)}" text-anchor="middle">${i + 1}</text>`,
    )
  })
  const slowed = at((v) => v.banned || v.throttled)
  out.push(
    `<text class="ink" x="${x0}" y="${PANEL.top - 14}">${describe('banned', shipped)} · ${describe('with throttles', slowed)}</text>`,
  )
  out.push(
    mark('slow', x(slowed.wrong), y(slowed.caught), 'banned or throttled', slowed),
    mark('here', x(shipped.wrong), y(shipped.caught), 'banned', shipped),
  )
  return out.join('\n')
}

const describe = (what: string, { wrong, caught }: Point): string =>
  `${what} ${Math.round(caught * 100)} %, others ${wrong}`

const mark = (style: 'here' | 'slow', x: number, y: number, what: string, { wrong, caught }: Point): string =>
  `<circle class="${style}" cx="${px(x)}" cy="${px(y)}" r="6"><title>${what} by the shipped policy: ${wrong} others, ${Math.round(caught * 100)} % of attackers</title></circle>`

const legend = (top: number): string => {
  const entries = [
    `<line class="model" x1="0" x2="22" y1="-4" y2="-4"/><text class="ink" x="30">evidence model, threshold swept</text>`,
    `<circle class="here" cx="11" cy="-4" r="6"/><text class="ink" x="30">banned by the shipped policy (from ${THRESHOLDS.ban} nats)</text>`,
    `<circle class="slow" cx="11" cy="-4" r="6"/><text class="ink" x="30">banned or throttled by it</text>`,
    ...SIMPLE_RULES.map(
      (rule, i) =>
        `<circle class="rule" cx="11" cy="-4" r="8"/><text class="number" x="11" y="-0.5" text-anchor="middle">${i + 1}</text><text class="ink" x="30">${escapeXml(rule)}${i === 0 ? '' : ' in 10 min'}</text>`,
    ),
  ]
  const rows = Math.ceil(entries.length / 2)
  return entries
    .map(
      (entry, i) =>
        `<g transform="translate(${PANEL.left + Math.floor(i / rows) * 380} ${top + (i % rows) * 20})">${entry}</g>`,
    )
    .join('\n')
}

const px = (n: number): string => n.toFixed(1)

const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[c]!)
