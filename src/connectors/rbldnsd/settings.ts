import { z } from 'zod'
import { domainName, duration, endpoint, path } from '../../kit/scalars.ts'

export const settings = z
  .strictObject({
    zone: domainName().describe('The zone, as rbldnsd is told on its command line.'),
    purpose: z
      .enum(['ban', 'throttle', 'watch'])
      .default('ban')
      .describe(
        'Whom it lists: whoever asks takes any answer as a hit, so each purpose has a zone and a point of its own.',
      ),
    ip4: path().describe('The data file of IPv4, which rbldnsd loads as `ZONE:ip4trie:FILE`.'),
    ip6: path()
      .optional()
      .describe('The data file of IPv6, `ZONE:ip6trie:FILE`. Without it IPv6 is withheld from this point.'),
    server: endpoint()
      .optional()
      .describe('Where rbldnsd answers: it is asked whether it has the new files, and about every ban.'),
    pidFile: path()
      .optional()
      .describe(
        'Of rbldnsd (`-p`): it is sent SIGHUP. Without it, it finds new files by itself (`-c`, 60 s by default).',
      ),
    slack: duration()
      .prefault('5s')
      .describe('How long rbldnsd may take to answer with new files. Without `pidFile` more than its `-c`.'),
    minInterval: duration()
      .prefault('1s')
      .describe('Least time between two files. The first change after a quiet time goes out at once.'),
    validFor: duration()
      .optional()
      .describe(
        'A dead-man switch: so long after the last file rbldnsd answers SERVFAIL (`$TIMESTAMP`), and nobody is denied any more. While Riposte lives it writes the files anew in time.',
      ),
    ttl: duration().prefault('60s').describe('How long resolvers keep a hit; one for the whole file.'),
    negativeTtl: duration()
      .prefault('5s')
      .describe('How long resolvers keep that an address is not listed: so long a new ban can lag there.'),
    nameServer: domainName().prefault('localhost').describe('The NS and SOA name.'),
  })
  .superRefine(({ validFor, minInterval, slack, server }, context) => {
    if (validFor !== undefined && validFor < 3 * Math.max(minInterval, server ? slack : 0, 1000))
      context.addIssue({
        code: 'custom',
        path: ['validFor'],
        message:
          'so short a time would run out while a new file is on its way: three times minInterval and slack at least',
      })
  })

export type Settings = z.output<typeof settings>
