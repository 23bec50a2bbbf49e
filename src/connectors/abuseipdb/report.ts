/**
 * A report as AbuseIPDB wants it. Reports are public: the comment is our own words only, and nothing in it was written
 * by a client or names the site.
 */
import type { CaseFile } from '../../kit/case-file.ts'

/** abuseipdb.com/categories */
const CATEGORIES: Readonly<Partial<Record<CaseFile['attackClasses'][number], readonly number[]>>> = {
  sqli: [16, 21],
  scanner: [19, 21],
  bruteforce: [18, 21],
  dos: [4, 21],
  honeypot: [15, 21],
}
const WEB_APP_ATTACK = 21
const MOST_COMMENT = 1024

export const categoriesOf = ({ attackClasses }: Pick<CaseFile, 'attackClasses'>): readonly number[] =>
  [...new Set(attackClasses.flatMap((name) => CATEGORIES[name] ?? [WEB_APP_ATTACK]))].sort((a, b) => a - b)

export const commentOf = (file: CaseFile): string => {
  const { attackClasses, eventCount, rules } = file
  const ids = rules.slice(0, 8).map(({ id }) => id)
  const parts = [
    `ModSecurity: ${attackClasses.join(', ') || 'attack'}`,
    `${eventCount} requests`,
    ...(ids.length === 0 ? [] : [`rules ${ids.join(', ')}`]),
  ]
  return parts.join('; ').slice(0, MOST_COMMENT)
}
