/** Text for HTML: one line, nothing in it is live. */
import { oneLine } from './case-text.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** For contents of elements and for quoted attributes. */
export const htmlText = (text: string): string => oneLine(text).replace(/[&<>"']/g, (char) => ENTITIES[char]!)
