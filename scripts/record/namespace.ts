/**
 * A network of our own: in it this machine is every address of the documentation ranges, and nothing else is reachable.
 * The recording then runs on the addresses that it shows, without touching the machine's interfaces or ports.
 */
import { execFileSync, spawnSync } from 'node:child_process'

const MARK = 'RIPOSTE_RECORDING_NAMESPACE'

/** Starts this program again inside a network namespace and returns its exit code; undefined when we are inside already. */
export const enterNamespace = (): number | undefined => {
  if (process.env[MARK] === '1') {
    prepare()
    return undefined
  }
  const { status, error } = spawnSync(
    'unshare',
    ['--net', process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { stdio: 'inherit', env: { ...process.env, [MARK]: '1' } },
  )
  if (error) throw new Error(`cannot run unshare (Debian package util-linux): ${error.message}`)
  return status ?? 1
}

const prepare = (): void => {
  const run = (command: string, ...args: string[]) =>
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  run('ip', 'link', 'set', 'lo', 'up')
  for (const net of ['198.51.100.0/24', '203.0.113.0/24', '192.0.2.0/24'])
    run('ip', 'route', 'add', 'local', net, 'dev', 'lo')
  run('ip', '-6', 'route', 'add', 'local', '2001:db8::/32', 'dev', 'lo')
  run('sysctl', '-qw', 'net.ipv6.ip_nonlocal_bind=1')
}
