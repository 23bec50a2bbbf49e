/** Names of hosts and zones. Letters, digits, dashes and underscores only, so a name is safe in any zone file or query. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/

/** Lower case, without the last dot; undefined when the text is no name (RFC 1035 §2.3.1, with underscores). */
export const canonicalDomain = (text: string): string | undefined => {
  const name = text.toLowerCase().replace(/\.$/, '')
  return name.length <= 253 && name.split('.').every((label) => LABEL.test(label)) ? name : undefined
}
