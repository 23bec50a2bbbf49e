/**
 * A network of our own: in it this machine is every address of the documentation ranges, and nothing else is reachable.
 * What runs there uses the addresses that it shows, and port 53, without touching the machine's interfaces or ports.
 * Needs root and Debian's util-linux, iproute2, procps.
 */
import { execFileSync, spawnSync } from 'node:child_process'

const MARK = 'RIPOSTE_NAMESPACE'

/** Starts this program again inside a network (and mount) namespace and returns its exit code; undefined when we are inside already. */
export const enterNamespace = (): number | undefined => {
  if (process.env[MARK] === '1') {
    prepare()
    return undefined
  }
  const { status, error } = runInNamespace(process.argv.slice(1), 'inherit')
  if (error) throw new Error(`cannot run unshare (Debian package util-linux): ${error.message}`)
  return status ?? 1
}

/** Runs a program of ours, whose first act is `enterNamespace()`, in a namespace of its own. */
export const runInNamespace = (args: readonly string[], stdio: 'inherit' | 'pipe' = 'pipe') => {
  // A test runner's child would otherwise report in the runner's own wire format.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return spawnSync('unshare', ['--net', '--mount', process.execPath, ...process.execArgv, ...args], {
    stdio,
    encoding: 'utf8',
    env: { ...env, [MARK]: '1' },
    timeout: 600_000,
  })
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

/** Inside: a resolv.conf that nobody outside sees. */
export const useResolver = (file: string): void => {
  execFileSync('mount', ['--bind', file, '/etc/resolv.conf'], { stdio: ['ignore', 'ignore', 'inherit'] })
}
