/** The keeper as a process of its own: `node keeper-main.ts --socket PATH --table NAME`. Says `ready` on standard output. */
import { parseArgs } from 'node:util'
import { startKeeper } from './keeper.ts'

const { values } = parseArgs({
  options: {
    socket: { type: 'string', default: '/run/riposte/nft.sock' },
    table: { type: 'string', default: 'riposte' },
  },
})

try {
  if (!/^[a-z][a-z0-9_]{0,30}$/.test(values.table))
    throw new Error('--table is lower case letters, digits, underscores')
  await startKeeper(values)
  process.stdout.write('ready\n')
} catch (error) {
  process.stderr.write(
    `error: ${(error as Error).message}\nfix: run it as root or with CAP_NET_ADMIN, with nft (Debian package nftables) installed\n`,
  )
  process.exit(2)
}
