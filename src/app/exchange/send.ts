/** Sending a harvest: as commands of a size that fits into one commit, each answer entered into the account. */
import { type Command, MOST_IMPORTED } from '../../core/act.ts'
import { Failure } from '../../core/failure.ts'
import { LIST_NAME, readImportAnswer } from '../../decide/import-commands.ts'
import type { Account } from './account.ts'
import type { Harvest } from './harvest.ts'
import type { AllowWish } from './judge.ts'

export type ImportCommand = Extract<Command, { kind: 'decision.import' | 'allow.import' }>

/** Whether a list may be called so. */
export const isListName = (text: string): boolean => LIST_NAME.test(text)

/** Allowances first: whom the list spares is not banned by it. */
export const importCommands = function* (harvest: Harvest, list: string): IterableIterator<ImportCommand> {
  const allowances = [...harvest.allowances.values()]
  for (let from = 0; from < allowances.length; from += MOST_IMPORTED)
    yield {
      kind: 'allow.import',
      list,
      entries: allowances.slice(from, from + MOST_IMPORTED).map((wish) => allowEntry(wish, list)),
    }
  for (const entries of harvest.batches(MOST_IMPORTED)) yield { kind: 'decision.import', list, entries }
}

const allowEntry = (wish: AllowWish, list: string) => ({ ...wish, reason: wish.reason ?? `on the list ${list}` })

/** Enters what became of one command's entries. Throws IMPORT_ANSWER when the answer is a refusal of the whole. */
export const enter = (account: Account, command: ImportCommand, answer: string): void => {
  const read = readImportAnswer(answer)
  if (!read) throw new Failure('IMPORT_ANSWER', answer, { remedy: 'Nothing of this part of the list was imported.' })
  const { counts, why } = read
  account.added += counts.added
  account.extended += counts.extended
  account.inForce += counts.covered
  if (counts.refused > 0)
    account.refuse('guard', { place: command.list, text: why ?? 'a guard refused' }, counts.refused)
}
