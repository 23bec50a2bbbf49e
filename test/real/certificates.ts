/** An authority, and certificates of it, as files: made anew by openssl for each test. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePackages } from './packages.ts'

export interface Identity {
  readonly cert: string
  readonly key: string
}

export interface Authority {
  readonly ca: string
  /** For 127.0.0.1, as server and as client. */
  issue(name: string): Identity
  remove(): void
}

/** Undefined where openssl is not installed and cannot be. */
export const createAuthority = async (): Promise<Authority | undefined> => {
  if (!(await ensurePackages(['openssl']))) return undefined
  const dir = mkdtempSync(join(tmpdir(), 'riposte-ca-'))
  const file = (name: string): string => join(dir, name)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=test authority', '-keyout', 'ca.key', '-out', 'ca.pem')
  writeFileSync(file('ext'), 'subjectAltName=IP:127.0.0.1\n')
  return {
    ca: file('ca.pem'),
    issue(name) {
      openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
      openssl(
        ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
        ...['-days', '2', '-extfile', 'ext', '-out', `${name}.pem`],
      )
      return { cert: file(`${name}.pem`), key: file(`${name}.key`) }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}
