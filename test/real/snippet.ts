/** A piece of server configuration as operators get it, with the paths of a test in the place of theirs. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '..', '..', 'content', 'enforce')

/** The path of a piece, for one that includes it. */
export const snippetPath = (name: string): string => join(FOLDER, name)

/** Throws when something that is to be replaced is not there: then the test would load other text than it thinks. */
export const snippet = (name: string, replace: Readonly<Record<string, string>> = {}): string => {
  let text = readFileSync(snippetPath(name), 'utf8')
  for (const [from, to] of Object.entries(replace)) {
    if (!text.includes(from)) throw new Error(`${name} does not contain ${from}`)
    text = text.replaceAll(from, to)
  }
  return text
}
