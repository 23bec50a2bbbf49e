/** A BIND that is primary for an empty zone which a key may update. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './loopback.ts'
import { type Named, startNamed } from './named.ts'

export const ZONE = 'bl.example.net'
export const KEY = { name: 'riposte', secret: Buffer.alloc(32, 7).toString('base64') }

export const emptyZone = (serial: number): string =>
  `$TTL 60\n@ SOA ns hostmaster ${serial} 60 30 86400 5\n@ NS ns\nns A 192.0.2.53\n`

export const startDynamicZone = async (): Promise<Named> =>
  startNamed(await freePort(), ZONE, (dir) => {
    for (const file of ['bl.db', 'static.db']) writeFileSync(join(dir, file), emptyZone(1))
    return `key "riposte" { algorithm hmac-sha256; secret "${KEY.secret}"; };
key "stranger" { algorithm hmac-sha256; secret "${KEY.secret}"; };
zone "${ZONE}" {
  type primary; file "${dir}/bl.db"; max-ixfr-ratio unlimited;
  update-policy { grant riposte zonesub A TXT; };
  allow-transfer { key riposte; key stranger; };
};
zone "static.example.net" { type primary; file "${dir}/static.db"; allow-transfer { any; }; };`
  })
