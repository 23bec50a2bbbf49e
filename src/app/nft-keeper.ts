/** `riposte nft-keeper`: the keeper until a signal ends it. The sets stay; their elements end by themselves. */

import { startKeeper } from '../connectors/nftables/keeper.ts'
import { settings } from '../connectors/nftables/settings.ts'
import { Failure } from '../core/failure.ts'

export const runNftKeeper = async (options: { readonly socket: string; readonly table: string }): Promise<number> => {
  if (!settings.shape.table.safeParse(options.table).success)
    throw new Failure('USAGE', `${JSON.stringify(options.table)} is no name for a table`, {
      remedy: 'Write lower case letters, digits and underscores.',
    })
  try {
    const server = await startKeeper(options)
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
    })
    server.close()
    return 0
  } catch (cause) {
    throw new Failure('NFT_KEEPER', (cause as Error).message, {
      remedy: 'Run it as root or with CAP_NET_ADMIN, with nft (Debian package nftables) installed.',
      cause,
    })
  }
}
