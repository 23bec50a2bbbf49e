/** A real BIND in the foreground, in a folder of its own, with the zones that the caller writes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask } from '../../src/kit/dns-client.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

export const NAMED_PACKAGES = ['bind9', 'bind9-utils', 'bind9-dnsutils'] as const

export interface Named extends ServerProcess {
  readonly dir: string
  readonly port: number
  /** As by kill -9 or a power cut. */
  crash(): Promise<void>
  /** Starts it again in the same folder, after a crash. */
  restart(): Promise<void>
}

/** `zones`: zone statements of named.conf, by the folder they lie in. `knows`: a name that it answers once it is ready. */
export const startNamed = async (
  port: number,
  knows: string,
  zones: (dir: string) => string,
  options: (dir: string) => string = () => '',
): Promise<Named> => {
  const dir = mkdtempSync(join(tmpdir(), 'riposte-named-'))
  writeFileSync(
    join(dir, 'named.conf'),
    `options {
  directory "${dir}"; pid-file "${dir}/named.pid"; session-keyfile "${dir}/session.key";
  managed-keys-directory "${dir}"; lock-file none;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion yes; allow-recursion { 127.0.0.0/8; }; allow-query { 127.0.0.0/8; };
  dnssec-validation no; empty-zones-enable no; notify no;
  ${options(dir)}
};
controls { };
${zones(dir)}
`,
  )
  const launch = () =>
    startServerProcess('/usr/sbin/named', ['-g', '-c', join(dir, 'named.conf')], async () => {
      const [told] = await ask({ host: '127.0.0.1', port }, [knows], { type: 'SOA', timeout: 100 })
      return told !== undefined && told.rcode !== 'SERVFAIL'
    })
  let server = await launch()
  return {
    dir,
    port,
    get pid() {
      return server.pid
    },
    pids: () => server.pids(),
    signal: (name) => server.signal(name),
    crash: async () => {
      server.signal('SIGKILL')
      await server.stop()
    },
    restart: async () => {
      server = await launch()
    },
    stop: async () => {
      await server.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
