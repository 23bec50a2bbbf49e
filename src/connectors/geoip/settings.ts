import { z } from 'zod'
import { path } from '../../kit/scalars.ts'

export const settings = z
  .strictObject({
    city: path().optional().describe('A City or Country database, such as GeoLite2-City.mmdb.'),
    asn: path().optional().describe('An ASN or ISP database, such as GeoLite2-ASN.mmdb.'),
  })
  .refine(({ city, asn }) => city !== undefined || asn !== undefined, { error: 'give city, asn, or both' })

export type Settings = z.output<typeof settings>
