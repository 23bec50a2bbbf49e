/** The end of an import: what was read, what became of it, and why the rest was not taken. */
import type { Account, Sample } from '../../app/exchange/account.ts'
import { REFUSALS, type Refusal } from '../../app/exchange/judge.ts'
import { labelled, paragraph, roomOf, type Screen } from './layout.ts'
import { count, plural } from './number.ts'
import { printable } from './printable.ts'

export interface ImportScreen extends Screen {
  readonly dryRun: boolean
  readonly list: string
}

const LABEL = 14

const KINDS = Object.keys(REFUSALS) as readonly Refusal[]

export const importScreen = (a: Account, options: ImportScreen): readonly string[] => {
  const c = options.colours
  const room = roomOf(options)
  const row = (label: string, amount: number, ...facts: readonly (string | false)[]): readonly string[] => {
    const told = facts.filter((fact) => fact !== false)
    const text = `${count(amount)}${told.length > 0 ? `  (${told.join(', ')})` : ''}`
    return labelled(label, paragraph(text, 0, room - LABEL), LABEL, c.dim)
  }
  const samples = (list: readonly Sample[], paint: (text: string) => string): readonly string[] =>
    list.flatMap(({ place, text, remedy }) => [
      ...paragraph(printable(`${place}: ${text}`), LABEL, room, paint),
      ...(remedy === undefined ? [] : paragraph(printable(`fix: ${remedy}`), LABEL + 2, room, c.dim)),
    ])
  const refusals = KINDS.flatMap((kind) => {
    const amount = a.refused.get(kind)
    return amount === undefined ? [] : [`${REFUSALS[kind]} ${count(amount)}`]
  })
  return [
    ...row('read', a.read),
    ...row(
      options.dryRun ? 'would import' : 'imported',
      a.imported,
      a.imported > 0 && `new ${count(a.added)}`,
      a.extended > 0 && `extended ${count(a.extended)}`,
      `list ${printable(options.list)}`,
    ),
    ...row(
      'covered',
      a.covered,
      a.repeated > 0 && `repeated in the list ${count(a.repeated)}`,
      a.inForce > 0 && `in force already ${count(a.inForce)}`,
    ),
    ...row('refused', a.refusals, ...refusals),
    ...samples(a.samples.refused, (text) => text),
    ...row('unreadable', a.unreadable),
    ...samples(a.samples.unreadable, c.yellow),
    ...(a.unsent > 0 ? row('not sent', a.unsent, 'ended before: run it again, nothing is doubled') : []),
    ...(a.shortened > 0
      ? [c.dim(`${plural(a.shortened, 'end')} brought forward to the longest allowed (--max-duration)`)]
      : []),
    ...(a.reasonless > 0
      ? [c.dim(`${plural(a.reasonless, 'reason')} not kept: the list has too many different ones`)]
      : []),
    ...(options.dryRun ? [c.dim('A dry run: nothing was changed.')] : []),
  ]
}

/** The object that `import --json` promises. */
export const importJson = (a: Account, options: Pick<ImportScreen, 'dryRun' | 'list'>): Record<string, unknown> => ({
  list: options.list,
  dryRun: options.dryRun,
  read: a.read,
  imported: a.imported,
  added: a.added,
  extended: a.extended,
  covered: a.covered,
  repeated: a.repeated,
  inForce: a.inForce,
  refused: a.refusals,
  refusedReasons: Object.fromEntries(a.refused),
  unreadable: a.unreadable,
  notSent: a.unsent,
  shortened: a.shortened,
  reasonsDropped: a.reasonless,
  samples: a.samples,
})
