/** A case as HTML for mail: no pictures, no links but our own, everything escaped. */
import type { CaseFile } from '../../kit/case-file.ts'
import { caseText } from '../../kit/case-text.ts'
import { htmlText } from '../../kit/html.ts'

const COLOUR = { info: '#5f6b7a', low: '#1c6dd0', medium: '#946200', high: '#b54a00', critical: '#b3261e' } as const

export const caseHtml = (file: CaseFile): string => {
  const text = caseText(file)
  const rows = text.facts
    .filter(([name]) => name !== 'More')
    .map(
      ([name, value]) =>
        `<tr><th align="left" style="padding:2px 12px 2px 0">${htmlText(name)}</th><td>${htmlText(value)}</td></tr>`,
    )
  const list = text.reasons.map((reason) => `<li>${htmlText(reason)}</li>`)
  const seen = text.seen.map(
    ([name, values]) =>
      `<h3>${htmlText(name)}</h3><pre style="white-space:pre-wrap">${values.map(htmlText).join('\n')}</pre>`,
  )
  const link = file.link === undefined ? '' : `<p><a href="${htmlText(file.link)}">Open in Riposte</a></p>`
  return `<!doctype html><html lang="en"><body style="font:15px/1.5 system-ui,sans-serif">
<h2 style="color:${COLOUR[file.severity]}">${htmlText(text.title)}</h2>
<table>${rows.join('')}</table>
${list.length === 0 ? '' : `<h3>Why</h3><ul>${list.join('')}</ul>`}
${seen.join('\n')}
${link}
</body></html>`
}
