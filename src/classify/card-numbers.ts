/** Payment card numbers: 13 to 19 digits, in one piece or in groups parted by single blanks (`+` in URLs) or dashes, with a right check digit. */

/** Not within a word: the digits of a hexadecimal request id, by which logs are joined, are no card. */
const RUN = /(?<!\w)\d(?:[ +-]?\d){12,}(?!\w)/g

/** Sum of the Luhn algorithm over the digits of `text` from `from` to `to`, zero modulo ten for a card. */
const passesLuhn = (digits: string): boolean => {
  let sum = 0
  for (let i = digits.length - 1, double = false; i >= 0; i--, double = !double) {
    const digit = digits.charCodeAt(i) - 48
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit
  }
  return sum % 10 === 0
}

/**
 * Thirteen and fourteen digits are cards only with the first digit of those card systems: a time in milliseconds has
 * thirteen digits too, begins with 1, and every tenth would pass the check. All zeros pass it and are no card.
 */
const isCard = (digits: string): boolean =>
  digits.length >= 13 &&
  digits.length <= 19 &&
  (digits.length >= 15 || (digits >= '3' && digits < '7')) &&
  !/^0+$/.test(digits) &&
  passesLuhn(digits)

const redactRun = (run: string, mark: string): string => {
  const groups = run.split(/([ +-])/)
  let out = ''
  for (let i = 0; i < groups.length; i += 2) {
    let digits = ''
    let end = -1
    for (let j = i; j < groups.length && digits.length < 19; j += 2) {
      digits += groups[j]!
      if (isCard(digits)) end = j
    }
    out += end < 0 ? groups[i]! : mark
    if (end >= 0) i = end
    out += groups[i + 1] ?? ''
  }
  return out
}

/** The text with each card number replaced; the very same string when it holds none. */
export const redactCards = (text: string, mark: string): string => text.replace(RUN, (run) => redactRun(run, mark))
