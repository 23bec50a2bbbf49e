import { z } from 'zod'
import { path } from '../../kit/scalars.ts'
import { probeSettings } from '../../kit/standing-probe.ts'

export const settings = z.strictObject({
  map: path().describe('The map of the banned, as the snippet names it (content/enforce/apache.conf).'),
  format: z
    .enum(['txt', 'gdbm'])
    .default('txt')
    .describe(
      '`txt`: Apache reads all of it for every new client, fit for some thousand lines. `gdbm`: any size; needs httxt2dbm (apache2-utils) and `dbm=GDBM:` in the snippet.',
    ),
  httxt2dbm: path().default('/usr/sbin/httxt2dbm').describe('The program that makes a gdbm map out of a text.'),
  probe: probeSettings.optional().describe('Where Apache itself is asked what it would do with an address.'),
  capacity: z.int().min(1).max(1_000_000).optional().describe('Most entries. Default 5000 for txt, 200000 for gdbm.'),
})

export type Settings = z.output<typeof settings>
