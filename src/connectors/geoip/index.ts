/** Where an address is and whose network it is, from MaxMind's database files: nothing leaves the machine. */
import type { AsnResponse, CityResponse } from 'maxmind'
import { z } from 'zod'
import { action } from '../../kit/action.ts'
import { oneLine } from '../../kit/case-text.ts'
import { defineActions } from '../../kit/connector.ts'
import { addressInput } from '../../kit/reputation.ts'
import { createDatabase, type Database } from './database.ts'
import { settings } from './settings.ts'

interface Atlas {
  readonly city: Database | undefined
  readonly asn: Database | undefined
}

const LONGEST = 100

/** Names come from a file that others make. */
const word = (text: unknown): string | undefined =>
  typeof text === 'string' && text !== '' ? oneLine(text).slice(0, LONGEST) : undefined

const location = z.strictObject({
  known: z.boolean(),
  /** ISO 3166-1. */
  country: z.string().optional(),
  city: z.string().optional(),
  asn: z.int().min(0).optional(),
  /** Who runs the network. */
  network: z.string().optional(),
  /** `AS64500 Example Net, Berlin, DE` */
  text: z.string(),
})

const located = (place: CityResponse | undefined, net: AsnResponse | undefined): z.input<typeof location> => {
  const country = word(place?.country?.iso_code)
  const city = word(place?.city?.names?.en)
  const network = word(net?.autonomous_system_organization)
  const number = net?.autonomous_system_number
  const asn = Number.isSafeInteger(number) ? number : undefined
  const owner = [asn === undefined ? undefined : `AS${asn}`, network].filter(Boolean).join(' ')
  const text = [owner, city, country].filter(Boolean).join(', ')
  return {
    known: text !== '',
    ...(country === undefined ? {} : { country }),
    ...(city === undefined ? {} : { city }),
    ...(asn === undefined ? {} : { asn }),
    ...(network === undefined ? {} : { network }),
    text: text === '' ? 'not in the databases' : text,
  }
}

const databases = ({ city, asn }: Atlas): readonly Database[] => [city, asn].filter((one) => one !== undefined)

export default defineActions({
  id: 'geoip',
  summary: 'Look up where an address is, offline.',
  config: settings,
  example: `
geoip:
  city: /var/lib/GeoIP/GeoLite2-City.mmdb
  asn: /var/lib/GeoIP/GeoLite2-ASN.mmdb
`,
  permissions: ['To read the files; geoipupdate keeps them up to date, and a new one is taken up within a minute.'],
  connect: ({ city, asn }): Atlas => ({
    city: city === undefined ? undefined : createDatabase(city),
    asn: asn === undefined ? undefined : createDatabase(asn),
  }),
  actions: {
    locate: action({
      summary: 'Country, city and network of an address.',
      effect: 'read',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ address: addressInput() }),
      output: location,
      async run({ address }, { city, asn }: Atlas, { clock, log }) {
        const [place, net] = await Promise.all([city?.find(address, clock(), log), asn?.find(address, clock(), log)])
        return located(place as CityResponse | undefined, net as AsnResponse | undefined)
      },
    }),
  },
  async probe(atlas, { clock, log }) {
    const about = await Promise.all(databases(atlas).map((database) => database.about(clock(), log)))
    return about.join(', ')
  },
})
