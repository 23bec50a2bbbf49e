/** Finding the end of a string in JSON text without reading it. */
const BACKSLASH = 92

/** Index of the quote that closes the string whose first character is at `from`, or -1. */
export const stringEnd = (text: string, from: number): number => {
  let end = text.indexOf('"', from)
  while (end > from && text.charCodeAt(end - 1) === BACKSLASH) {
    let slashes = 1
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH && end - 1 - slashes >= from) slashes++
    if (slashes % 2 === 0) break
    end = text.indexOf('"', end + 1)
  }
  return end
}
