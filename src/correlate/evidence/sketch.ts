/** Counts distinct things in a few integers (linear counting): good to a few per cent until about three times the bits are seen. */
export type Sketch = number[]

export const newSketch = (words: number): Sketch => new Array<number>(words).fill(0)

/** True when the member was new to the sketch. */
export const mark = (sketch: Sketch, hash: number): boolean => {
  const bit = hash % (sketch.length * 32)
  const word = bit >>> 5
  const flag = 1 << (bit & 31)
  const old = sketch[word]!
  if ((old & flag) !== 0) return false
  sketch[word] = old | flag
  return true
}

export const estimate = (sketch: Sketch): number => {
  const bits = sketch.length * 32
  let set = 0
  for (const word of sketch) {
    let w = word
    w -= (w >>> 1) & 0x55555555
    w = (w & 0x33333333) + ((w >>> 2) & 0x33333333)
    set += (((w + (w >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
  }
  // A full sketch says "at least this many": one zero bit is assumed, the logarithm stays finite.
  return -bits * Math.log(Math.max(1, bits - set) / bits)
}
