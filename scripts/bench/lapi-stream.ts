/**
 * The whole list for a bouncer that starts, over HTTP: a client that takes it at once, and Debian's firewall bouncer as
 * we feed it, in portions. Then what a poll costs when nothing has changed.
 *   lapi-stream.ts [--entries N]      (needs `npm run build`)
 */
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { addressOf, holdDecisions } from './held-decisions.ts'

const { values } = parseArgs({ options: { entries: { type: 'string', default: '100000' } } })
const held = await holdDecisions(Number(values.entries))

/** One connection, as bouncers have: over another one the last answer might be lost, and would be sent again. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

const poll = async (client: string, startup: boolean) => {
  const begun = performance.now()
  const headers = { 'x-api-key': held.key, 'user-agent': client }
  const request = get(`${held.url}/v1/decisions/stream?startup=${startup}`, { agent, headers })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  const first = performance.now() - begun
  const body = await text(answer)
  const all = performance.now() - begun
  const parsed = JSON.parse(body) as { readonly new: readonly unknown[] | null }
  return { first, all, bytes: body.length, count: parsed.new?.length ?? 0 }
}

try {
  const last = addressOf(held.entries - 1)
  const daemon = await held.start(async () => {
    const headers = { 'x-api-key': held.key }
    const answer = await fetch(`${held.url}/v1/decisions?ip=${last}`, { headers }).catch(() => undefined)
    return answer?.ok === true && (await answer.text()) !== 'null'
  })
  const plain = 'bench/1.0'
  await poll(plain, true)
  const whole = await poll(plain, true)
  const ms = (millis: number): string => `${millis.toFixed(0)} ms`
  console.log(
    `${whole.count} decisions at once: first byte after ${ms(whole.first)}, all after ${ms(whole.all)}, ${(whole.bytes / 1e6).toFixed(1)} MB`,
  )
  const quiet: number[] = []
  for (let i = 0; i < 21; i++) quiet.push((await poll(plain, false)).all)
  const median = quiet.sort((a, b) => a - b)[10]!
  console.log(`a poll without news, median of 21: ${median.toFixed(1)} ms`)

  const client = 'crowdsec-firewall-bouncer/v0.0.25'
  let [portions, count, longest] = [0, 0, 0]
  for (let startup = true; count < held.entries && portions < 1000; startup = false) {
    const portion = await poll(client, startup)
    portions++
    count += portion.count
    longest = Math.max(longest, portion.all)
  }
  console.log(
    `the firewall bouncer: ${count} decisions in ${portions} portions, the slowest answered in ${ms(longest)}`,
  )
  agent.destroy()
  await daemon.stop()
} finally {
  held.remove()
}
