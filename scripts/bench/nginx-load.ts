/** What one way of denying costs an nginx of one worker, under wrk: latency alone, throughput, the processor's time. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WafServer } from '../../test/real/nginx.ts'
import { cpuOf } from './held-decisions.ts'

/** nginx takes the client from X-Forwarded-For, so that a load from one place can be anybody's. */
export const ANY_CLIENT = 'set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; access_log off;'

/** Each request from an address of its own, none of them special; each load begins elsewhere, so that nobody is remembered. */
const STRANGERS = `
math.randomseed(os.time())
local n = math.random(16777216)
request = function()
  n = n + 1
  local ip = string.format("96.%d.%d.%d", math.floor(n / 65536) % 256, math.floor(n / 256) % 256, n % 256)
  return wrk.format("GET", "/", { ["Host"] = "shop.example.net", ["X-Forwarded-For"] = ip })
end
`

export interface Load {
  readonly seconds: number
  /** Processes that work for nginx, by name. */
  readonly helpers?: Readonly<Record<string, number>>
  /** Default `one`: all requests of one client. */
  readonly clients?: 'one' | 'strangers'
}

export const measureNginx = (name: string, site: WafServer, { seconds, helpers = {}, clients = 'one' }: Load): void => {
  const script = join(site.dir, 'strangers.lua')
  writeFileSync(script, STRANGERS)
  const who = clients === 'one' ? ['-H', 'X-Forwarded-For: 198.51.100.7'] : ['-s', script]
  const load = (connections: number): string =>
    execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}`, '--latency', ...who, `${site.url}/`], {
      encoding: 'utf8',
    })
  const p50 = /^\s+50%\s+(\S+)/m.exec(load(1))![1]!
  const pids = { nginx: site.pids()[1]!, ...helpers }
  const before = Object.values(pids).map(cpuOf)
  const text = load(16)
  const requests = Number(/(\d+) requests in/.exec(text)![1])
  const costs = Object.entries(pids).map(
    ([who, pid], i) => `${who} ${Math.round((1e6 * (cpuOf(pid) - before[i]!)) / requests)} µs`,
  )
  const perSecond = /Requests\/sec:\s+(\S+)/.exec(text)![1]!
  console.log(
    `${name.padEnd(34)} p50 ${p50.padStart(9)}  ${perSecond.padStart(10)} requests/s  CPU each: ${costs.join(', ')}`,
  )
}
