/** The page behind an approval link: the question and two buttons, or what became of it. No script; nothing is fetched. */
import { htmlText } from '../../kit/html.ts'
import type { Approval } from '../../kit/store.ts'

export type Standing = 'open' | 'answered' | 'approved' | 'rejected' | 'expired' | 'unknown'

const SAID: Readonly<Record<Exclude<Standing, 'open'>, string>> = {
  answered: 'Your answer is counted. Others are asked, too.',
  approved: 'Approved. The playbook goes on.',
  rejected: 'Rejected. The playbook knows.',
  expired: 'The time to answer is over.',
  unknown: 'This link is not valid, or the question is forgotten.',
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6570; --line: #d9dee4; --paper: #fff; --yes: #1a6b3c; --no: #b3261e }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #9aa5b1; --line: #333b45; --paper: #14181d; --yes: #2f8f57; --no: #c5443b } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.25rem; background: var(--paper); color: var(--ink); font: 17px/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 34rem; border: 1px solid var(--line); border-radius: 12px; padding: 1.75rem }
h1 { margin: 0 0 1rem; font-size: 1.3rem; line-height: 1.35; overflow-wrap: anywhere }
p { margin: 0 0 1rem; color: var(--soft) }
form { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem }
button { flex: 1 1 8rem; min-height: 3rem; border: 0; border-radius: 8px; color: #fff; font: inherit; font-weight: 600; cursor: pointer }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px }
.yes { background: var(--yes) }
.no { background: var(--no) }
`

/** Of the page's own style, so that nothing else is let in. */
export const PAGE_STYLE = STYLE

const minute = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

const body = (standing: Standing, approval: Approval | undefined, person: string | undefined): string => {
  const ask = approval ? `<h1>${htmlText(approval.ask)}</h1>` : '<h1>Riposte</h1>'
  if (standing !== 'open' || !approval)
    return `${ask}<p role="status">${SAID[standing === 'open' ? 'unknown' : standing]}</p>`
  const yes = approval.votes.filter(({ approve }) => approve).length
  const needs = approval.quorum > 1 ? ` ${approval.quorum} must approve, ${yes} did.` : ''
  const silence = approval.default === 'approve' ? 'it counts as approved' : 'it counts as rejected'
  return `${ask}
<p>Asked by the playbook ${htmlText(approval.playbook)}${person === undefined ? '' : `, of ${htmlText(person)}`}.${needs} If nobody answers until ${minute(approval.expiresAt)}, ${silence}.</p>
<form method="post"><button class="yes" name="answer" value="approve">Approve</button><button class="no" name="answer" value="reject">Reject</button></form>`
}

export const approvalPage = (standing: Standing, approval?: Approval, person?: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>Approval</title><style>${STYLE}</style></head>
<body><main>
${body(standing, approval, person)}
</main></body>
</html>
`
