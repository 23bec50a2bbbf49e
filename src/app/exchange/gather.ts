/** Reads a list to its end, judging every entry: what is to be sent, and the account of all the rest. */
import { Failure } from '../../core/failure.ts'
import { Account } from './account.ts'
import { Harvest } from './harvest.ts'
import type { Input } from './input.ts'
import { type Found, type Item, isBroken } from './item.ts'
import { judge, type Policy } from './judge.ts'
import { readList, type Source } from './read-list.ts'

export interface Gathered {
  readonly account: Account
  readonly harvest: Harvest
}

/** Whom to spare is a short list that people keep; a longer one is a mistake, and each would be asked for every event. */
const MOST_ALLOWANCES = 50_000

export const gather = async (
  source: Source,
  input: Input,
  policy: Policy,
  onProgress: (bytes: number, read: number) => void = () => {},
): Promise<Gathered> => {
  const account = new Account()
  const harvest = new Harvest()

  const take = (item: Item, place: string): void => {
    const verdict = judge(item, policy)
    switch (verdict.kind) {
      case 'decide':
        if (verdict.shortened) account.shortened++
        if (!harvest.add(verdict.wish)) account.repeated++
        return
      case 'allow':
        if (!harvest.allow(verdict.wish)) account.repeated++
        if (harvest.allowances.size > MOST_ALLOWANCES)
          throw new Failure('IMPORT_TOO_MANY', `${input.name} would allowlist more than ${MOST_ALLOWANCES} entries`, {
            remedy:
              'Nothing was imported. Write networks instead of addresses, or check that this list is to be spared.',
          })
        return
      case 'covered':
        account.inForce++
        return
      case 'refused':
        account.refuse(verdict.why, { place, text: `${item.value.trim().slice(0, 60)}: ${verdict.text}` })
        return
      case 'unreadable':
        account.unread({ place, text: verdict.problem, remedy: verdict.remedy })
    }
  }

  const visit = (found: Found): void => {
    account.read++
    const place = `${input.name}:${found.place}`
    if (isBroken(found)) account.unread({ place, text: found.problem, remedy: found.remedy })
    else take(found, place)
  }

  await readList(source, input, visit, (bytes) => onProgress(bytes, account.read))
  account.reasonless = harvest.reasonless
  return { account, harvest }
}
