import { z } from 'zod'
import { path } from '../../kit/scalars.ts'

export const settings = z.strictObject({
  socket: path().default('/run/riposte/nft.sock').describe('Socket of the keeper, `riposte nft-keeper`.'),
  spawn: z
    .boolean()
    .default(false)
    .describe('Start the keeper as a child. Only where the daemon itself runs as root; a unit of its own is safer.'),
  table: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,30}$/, 'a table is named by lower case letters, digits and underscores')
    .default('riposte')
    .describe('The nftables table, `inet`, that the keeper owns. Nothing else of the ruleset is touched.'),
  capacity: z.int().min(1).max(5_000_000).default(1_000_000).describe('Most entries in its sets.'),
})

export type Settings = z.output<typeof settings>
