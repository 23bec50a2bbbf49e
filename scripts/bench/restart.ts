/**
 * From the start of a daemon to points that hold all that its state holds: the list answers for the last entry, the
 * bouncers' endpoint knows it, and with `--nft` (root) the kernel's set has it, which was empty, as after a reboot.
 *   restart.ts [--entries N] [--nft]      (needs `npm run build`)
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs, promisify } from 'node:util'
import { ask } from '../../src/kit/dns-client.ts'
import { enterNamespace } from '../../test/real/network-namespace.ts'
import { addressOf, holdDecisions, memoryOf } from './held-decisions.ts'

const { values } = parseArgs({
  options: { entries: { type: 'string', default: '100000' }, nft: { type: 'boolean', default: false } },
})
const command = promisify(execFile)

const main = async (): Promise<void> => {
  const held = await holdDecisions(Number(values.entries))
  try {
    const socket = join(held.dir, 'nft.sock')
    if (values.nft) held.configure({ points: `  - nftables: { spawn: true, socket: ${socket} }\n` })
    const last = addressOf(held.entries - 1)
    const name = `${last.split('.').reverse().join('.')}.${held.zone}`
    const holds: Readonly<Record<string, () => Promise<boolean>>> = {
      'rbl answers': async () =>
        (await ask({ host: '127.0.0.1', port: held.dnsPort }, [name], { timeout: 200 }))[0]?.rcode === 'NOERROR',
      'bouncers are answered': async () => {
        const headers = { 'x-api-key': held.key }
        const answer = await fetch(`${held.url}/v1/decisions?ip=${last}`, { headers }).catch(() => undefined)
        return answer?.ok === true && (await answer.text()) !== 'null'
      },
      ...(values.nft && {
        'nftables drops': () =>
          command('nft', ['get', 'element', 'inet', 'riposte', 'hosts4', `{ ${last} }`]).then(
            () => true,
            () => false,
          ),
      }),
    }
    const begun = performance.now()
    const took = new Map<string, number>()
    const daemon = await held.start(async () => {
      for (const [what, isHeld] of Object.entries(holds))
        if (!took.has(what) && (await isHeld())) took.set(what, (performance.now() - begun) / 1000)
      return took.size === Object.keys(holds).length
    })
    await sleep(15_000)
    const { rss, peak } = memoryOf(daemon.pid)
    await daemon.stop()
    console.log(`${held.entries} decisions, imported in ${held.importSeconds.toFixed(0)} s`)
    for (const [what, seconds] of took)
      console.log(`  ${what.padEnd(22)} ${seconds.toFixed(1).padStart(6)} s after the start`)
    console.log(`  daemon ${rss} MB, at most ${peak} MB`)
  } finally {
    held.remove()
  }
}

const code = values.nft ? enterNamespace() : undefined
if (code !== undefined) process.exit(code)
await main()
