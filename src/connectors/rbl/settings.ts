/** The configuration of the embedded list, and what a thread is started with: plain data. */
import { z } from 'zod'
import { PURPOSES, type Purpose } from '../../kit/purpose.ts'
import { cidr, domainName, duration, endpoint } from '../../kit/scalars.ts'
import { tsigKey } from '../../kit/tsig-key.ts'

export const settings = z
  .strictObject({
    listen: z
      .array(endpoint())
      .min(1)
      .prefault(['127.0.0.1:5353'])
      .describe('Addresses to answer on, by UDP and TCP. Ports below 1024 need CAP_NET_BIND_SERVICE.'),
    zones: z
      .strictObject({
        ban: domainName().describe('The zone of the banned.'),
        forward: domainName()
          .optional()
          .describe('The banned once more, asked for in forward order (`192.0.2.7.ZONE`), as Coraza does.'),
        throttle: domainName().optional().describe('The zone of the throttled and of those who get a captcha.'),
        watch: domainName().optional().describe('The zone of the watched.'),
        allow: domainName().optional().describe('The zone of the allowlisted.'),
      })
      .refine(
        (zones) => new Set(Object.values(zones)).size === Object.values(zones).length,
        'two purposes share a zone: whoever asks it would take the one for the other',
      )
      .describe('One zone per purpose: ModSecurity takes any answer as a hit, so purposes must never share one.'),
    ttl: duration()
      .prefault('60s')
      .describe('Longest time that resolvers keep a hit; never beyond the end of the ban.'),
    negativeTtl: duration()
      .prefault('5s')
      .describe('How long resolvers keep that an address is not listed: so long a new ban can lag there.'),
    nameServer: domainName().optional().describe('The NS and SOA name; `ns.` in front of the ban zone by default.'),
    allowQuery: z
      .array(cidr())
      .prefault(['127.0.0.0/8', '::1', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'])
      .describe('Who may ask, besides ourselves. Everybody else is refused; `0.0.0.0/0` and `::/0` let everybody.'),
    threads: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe('Threads that answer by UDP. One answers some 40,000 queries a second; each more takes about 10 MB.'),
    rateLimit: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(0)
      .describe(
        'Answers per second to one /24 or /64; of those beyond, every second one says to come by TCP. 0: no limit.',
      ),
    transfer: z
      .strictObject({
        allow: z.array(cidr()).default([]).describe('Who may transfer zones (AXFR).'),
        key: tsigKey().optional().describe('Transfers must be signed with this key, too.'),
        notify: z
          .array(endpoint())
          .default([])
          .describe('Secondaries that are told of changes (NOTIFY), by their addresses and ports.'),
      })
      .prefault({})
      .describe(
        'Zone transfers to secondaries; the `forward` zone is not transferred, for wildcards cannot express it.',
      ),
  })
  .refine(({ threads, rateLimit }) => threads === 1 || rateLimit === 0, {
    path: ['rateLimit'],
    error: 'each of several threads would count for itself: a limit needs threads: 1',
  })

export type Settings = z.output<typeof settings>

export interface ZoneSpec {
  readonly purpose: Purpose
  readonly name: string
}

export const zonesOf = ({ zones }: Pick<Settings, 'zones'>): readonly ZoneSpec[] =>
  PURPOSES.flatMap((purpose) => {
    const name = zones[purpose]
    return name === undefined ? [] : [{ purpose, name }]
  })
