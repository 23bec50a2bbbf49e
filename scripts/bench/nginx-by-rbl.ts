/**
 * What `@rbl` costs a ModSecurity in nginx: one rule that asks nobody, then one that asks our list of 100,000 through a
 * BIND of the machine's own, for a client that the resolver remembers and for strangers, each of whom it asks us about.
 * In a network namespace, since libmodsecurity takes the system's resolver. Needs root, wrk, bind9 and `npm run build`.
 *   node scripts/bench/nginx-by-rbl.ts [seconds per way]
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask } from '../../src/kit/dns-client.ts'
import { startNamed } from '../../test/real/named.ts'
import { enterNamespace, useResolver } from '../../test/real/network-namespace.ts'
import { startNginx } from '../../test/real/nginx.ts'
import { addressOf, holdDecisions } from './held-decisions.ts'
import { ANY_CLIENT, measureNginx } from './nginx-load.ts'

const ENTRIES = 100_000
const DENY = `"id:9100,phase:1,deny,status:403,log,msg:'Listed'"`

const main = async (seconds: number): Promise<void> => {
  const held = await holdDecisions(ENTRIES)
  writeFileSync(join(held.dir, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:2\n')
  useResolver(join(held.dir, 'resolv.conf'))
  const listed = `${addressOf(0).split('.').reverse().join('.')}.${held.zone}`
  const list = await held.start(
    async () =>
      (await ask({ host: '127.0.0.1', port: held.dnsPort }, [listed], { timeout: 200 }))[0]?.rcode === 'NOERROR',
  )
  const resolver = await startNamed(
    53,
    held.zone,
    () => `zone "${held.zone}" { type forward; forward only; forwarders { 127.0.0.1 port ${held.dnsPort}; }; };`,
  )
  const quiet = { upstream: 'static', crs: false, errorLevel: 'error', http: ANY_CLIENT } as const
  const audit = { engine: 'RelevantOnly' } as const
  const helpers = { BIND: resolver.pid, list: list.pid }
  const alone = await startNginx({ ...quiet, audit, rules: `SecRule REMOTE_ADDR "@ipMatch 192.0.2.1" ${DENY}` })
  measureNginx('ModSecurity, one rule', alone, { seconds })
  await alone.stop()
  const site = await startNginx({ ...quiet, audit, rules: `SecRule REMOTE_ADDR "@rbl ${held.zone}." ${DENY}` })
  measureNginx('@rbl, the resolver remembers', site, { seconds, helpers })
  measureNginx('@rbl, each client a stranger', site, { seconds, helpers, clients: 'strangers' })
  await site.stop()
  await resolver.stop()
  await list.stop()
  held.remove()
}

const code = enterNamespace()
if (code !== undefined) process.exit(code)
await main(Number(process.argv[2] ?? 5))
process.exit(0)
