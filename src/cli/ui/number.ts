/** 12345 → `12,345`. Same on every machine: the locale is not asked. */
export const count = (n: number): string => n.toLocaleString('en-US', { maximumFractionDigits: 2 })

/** `1 event`, `12,345 events`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`
