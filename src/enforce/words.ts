/** Texts that occur in many rows, each kept once and named by a small number. */
export interface Words {
  numberOf(word: string): number
  word(number: number): string
}

export const createWords = (): Words => {
  const numbers = new Map<string, number>()
  const words: string[] = []
  return {
    numberOf(word) {
      let number = numbers.get(word)
      if (number === undefined) {
        number = words.push(word) - 1
        numbers.set(word, number)
      }
      return number
    },
    word: (number) => words[number]!,
  }
}
