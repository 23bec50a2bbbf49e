import type { Palette } from './colour.ts'
import { wrap } from './width.ts'

/** What every screen is drawn for. `width` undefined: lines may be as long as they like. */
export interface Screen {
  readonly colours: Palette
  readonly width?: number | undefined
}

/** Without a terminal a paragraph still has to be readable in a mail or a ticket. */
export const READING_WIDTH = 100

export const roomOf = (screen: Screen): number => Math.min(screen.width ?? READING_WIDTH, 140)

/** `text` wrapped into the room right of `indent` cells. Painted line by line, so that no colour leaks over an edge. */
export const paragraph = (
  text: string,
  indent: number,
  room: number,
  paint: (line: string) => string = (line) => line,
): readonly string[] => wrap(text, room - indent).map((line) => `${' '.repeat(indent)}${paint(line)}`)

/** A label column and what belongs to it; the label stands on the first line only. `body` lines are painted already. */
export const labelled = (
  label: string,
  body: readonly string[],
  labelWidth: number,
  paint: (text: string) => string,
): readonly string[] =>
  body.map((line, i) => `${i === 0 ? paint(label.padEnd(labelWidth)) : ' '.repeat(labelWidth)}${line}`)
