/** Where in a YAML text a thing stands, so that an error can name line and column. */
import { type Document, isMap, isScalar, type LineCounter, type Node } from 'yaml'

export interface Place {
  readonly line: number
  readonly column: number
}

type Path = readonly (string | number)[]

const startOf = (node: unknown): number | undefined => (node as Node | undefined)?.range?.[0]

/** Of the value at `path`, or of what encloses it when it is missing. */
export const placeOf = (document: Document.Parsed, lines: LineCounter, path: Path): Place => {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    const start = startOf(node)
    if (start !== undefined) return toPlace(lines, start)
  }
  return { line: 1, column: 1 }
}

/** Of a key inside the mapping at `path`. */
export const placeOfKey = (document: Document.Parsed, lines: LineCounter, path: Path, key: string): Place => {
  const node = path.length === 0 ? document.contents : document.getIn(path, true)
  const pair = isMap(node) ? node.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined
  const start = startOf(pair?.key)
  return start === undefined ? placeOf(document, lines, path) : toPlace(lines, start)
}

/** Of character `at` inside a scalar: exact on one line, the line's start inside a block scalar. */
export const placeInside = (document: Document.Parsed, lines: LineCounter, path: Path, text: string, at: number) => {
  const place = placeOf(document, lines, path)
  const node = document.getIn(path, true)
  const type = isScalar(node) ? node.type : undefined
  if (type === 'BLOCK_LITERAL') return { line: place.line + text.slice(0, at).split('\n').length, column: 1 }
  if (type === 'BLOCK_FOLDED') return { line: place.line + 1, column: 1 }
  return { line: place.line, column: place.column + at + (type === 'PLAIN' ? 0 : 1) }
}

const toPlace = (lines: LineCounter, offset: number): Place => {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}
