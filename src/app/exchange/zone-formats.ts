/** Forms in which a list is written for other name servers; apart from the writer, so that help costs no reading. */
export const ZONE_FORMATS = ['bind', 'rbldnsd', 'rpz', 'text'] as const
export type ZoneFormat = (typeof ZONE_FORMATS)[number]
