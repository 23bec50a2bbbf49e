import { Failure } from '../core/failure.ts'

const SHORT = 10

/** Ids as a list shows them: short on a terminal, where a person reads them, whole where a program does. */
export const shownId = (id: string, width: number | undefined): string =>
  width === undefined ? id : id.slice(0, SHORT)

/** A whole id: prefix letter, dash, 24 hexadecimal digits. */
const WHOLE = /^[a-z]-[0-9a-f]{24}$/

/** Beyond so many rows a beginning is not looked for. */
const SEARCHED = 10_000

/**
 * The one thing with this id, or with an id that begins so. `exact` asks for a whole id, `newest` lists so many.
 * Undefined when there is none; throws AMBIGUOUS when a beginning fits several.
 */
export const byId = async <T extends { readonly id: string }>(
  id: string,
  exact: (id: string) => Promise<readonly T[]>,
  newest: (limit: number) => Promise<readonly T[]>,
): Promise<T | undefined> => {
  if (WHOLE.test(id)) return (await exact(id))[0]
  const found = (await newest(SEARCHED)).filter((one) => one.id.startsWith(id))
  if (found.length > 1)
    throw new Failure('AMBIGUOUS', `${id} begins ${found.length} ids`, {
      remedy: `Write more of it: ${found
        .slice(0, 3)
        .map((one) => one.id)
        .join(', ')}.`,
    })
  return found[0]
}
