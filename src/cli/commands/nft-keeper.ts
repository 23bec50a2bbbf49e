import type { Register } from '../register.ts'

export const register: Register = (program, deps, exit) => {
  program
    .command('nft-keeper')
    .description('The process that alone may change nftables; started by its unit, as root or with CAP_NET_ADMIN.')
    .option('--socket <path>', 'where the daemon finds it', '/run/riposte/nft.sock')
    .option('--table <name>', 'the table that it owns', 'riposte')
    .action(async (options: { socket: string; table: string }) => exit(await deps.runNftKeeper(options)))
}
