/** `1.1`, `2.0` out of `HTTP/1.1`, `1.1`, or the number that ModSecurity 3 logs (2 for HTTP/2); '' for anything else. */
export const httpVersion = (value: unknown): string => {
  if (value === 1.1) return '1.1'
  if (typeof value === 'number') return value >= 0 && value < 10 ? value.toFixed(1) : ''
  if (typeof value !== 'string') return ''
  const bare = value.startsWith('HTTP/') ? value.slice(5) : value
  if (/^\d\.\d$/.test(bare)) return bare
  return /^\d$/.test(bare) ? `${bare}.0` : ''
}
