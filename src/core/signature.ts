/** Two payloads that are known by their shape alone. Linear, over at most 400 characters. */

/** CVE-2021-44228: `${jndi:…`, also hidden behind nested look-ups such as `${${lower:j}ndi:` or `${${::-j}…`. */
export const isLog4Shell = (value: string): boolean => {
  const text = value.slice(0, 400).toLowerCase()
  for (let i = text.indexOf('${'); i >= 0; i = text.indexOf('${', i + 2)) {
    const inside = text.slice(i + 2, i + 18)
    if (inside.startsWith('jndi:')) return true
    const nested = inside.indexOf('${')
    if (nested < 0) continue
    const inner = text.slice(i + 4 + nested, i + 4 + nested + 12)
    if (/^(?:lower|upper|env|sys|date|main|::-|:-|[a-z]*:[^}]{0,6}-)/.test(inner)) return true
  }
  return false
}

/** CVE-2014-6271: a value that starts as a function definition, `() {`. */
export const isShellshock = (value: string): boolean => /^\(\s{0,8}\)\s{0,8}\{/.test(value.trimStart().slice(0, 32))

/** The name of the signature that a raw value carries, for the tag `signature/<name>`; undefined for all others. */
export const signatureOf = (value: string): 'log4shell' | 'shellshock' | undefined =>
  isLog4Shell(value) ? 'log4shell' : isShellshock(value) ? 'shellshock' : undefined
