import { parseCidr } from '../../core/ip.ts'
import { canarySensors, MOST_CANARIES } from '../canary-sensors.ts'
import { spoolOf, WEBHOOK_SENSOR } from '../webhook-sensor.ts'
import type { Config } from './schema.ts'

export interface CrossCheck {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly remedy: string
}

const HOST = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]*$/i

/** What one key alone cannot tell: rules between keys. */
export const crossChecks = (config: Config): readonly CrossCheck[] => {
  const wrong: CrossCheck[] = []
  const first = new Map<string, number>()
  for (const [index, sensor] of config.sensors.entries()) {
    const earlier = first.get(sensor.id)
    if (earlier !== undefined)
      wrong.push({
        path: ['sensors', index, 'id'],
        message: `sensor ${JSON.stringify(sensor.id)} exists already (entry ${earlier + 1})`,
        remedy: 'Give each sensor its own id, or put the sources into one sensor.',
      })
    else first.set(sensor.id, index)
    for (const [proxyIndex, proxy] of sensor.trustedProxies.entries())
      if (proxy.bits === 0)
        wrong.push({
          path: ['sensors', index, 'trustedProxies', proxyIndex],
          message: 'this trusts every address of the world: anybody could pretend to be anybody',
          remedy: 'Name the networks of your own proxies.',
        })
  }
  const canaries = canarySensors(config).length
  if (canaries > MOST_CANARIES)
    wrong.push({
      path: ['sensors'],
      message: `${canaries} sensors have a canary; there are ${MOST_CANARIES} addresses for them`,
      remedy: 'Leave it out where two sensors share their log and their points.',
    })
  wrong.push(...doubled(config.enforce, 'enforce', 'point'), ...doubled(config.connectors, 'connectors', 'connector'))
  if (config.http.webhook && spoolOf(config) === undefined)
    wrong.push({
      path: ['http', 'webhook'],
      message: 'what is received needs a place until it is read',
      remedy: 'Give spool: a file of its own, because the state is a server.',
    })
  if (config.http.webhook && config.sensors.some(({ id }) => id === WEBHOOK_SENSOR))
    wrong.push({
      path: ['http', 'webhook'],
      message: `a sensor is called ${WEBHOOK_SENSOR} already`,
      remedy: 'Rename that sensor: the name belongs to what is received.',
    })
  const stdin = config.sensors.flatMap((s, i) =>
    s.sources.flatMap((source, j) => (source.kind === 'stdin' ? [[i, j]] : [])),
  )
  for (const [i, j] of stdin.slice(1))
    wrong.push({
      path: ['sensors', i!, 'sources', j!],
      message: 'standard input is read by another source already',
      remedy: 'Only one source can read it.',
    })
  for (const [index, entry] of config.decide.allowlist.entries())
    if (!parseCidr(entry.value) && (!HOST.test(entry.value) || /^[\d.]+(?:\/|$)/.test(entry.value)))
      wrong.push({
        path: ['decide', 'allowlist', index],
        message: `${JSON.stringify(entry.value)} is no address, network or host name`,
        remedy: 'Write 192.0.2.7, 192.0.2.0/24, 2001:db8::/32 or crawl.example.com.',
      })
  const { watch, throttle, ban } = config.evidence
  const rising = [watch, throttle, ban]
  if (rising.some((n, i) => i > 0 && n <= rising[i - 1]!))
    wrong.push({
      path: ['evidence'],
      message: 'the thresholds do not rise from watch to throttle to ban',
      remedy: 'Each stronger act needs more evidence than the weaker one.',
    })
  const { ladder } = config.decide
  if (ladder.some((n, i) => i > 0 && n < ladder[i - 1]!))
    wrong.push({
      path: ['decide', 'ladder'],
      message: 'a later ban is shorter than an earlier one',
      remedy: 'Order the lengths from short to long.',
    })
  return wrong
}

const doubled = (
  entries: readonly { readonly name: string }[],
  section: 'enforce' | 'connectors',
  word: string,
): readonly CrossCheck[] =>
  entries.flatMap(({ name }, index) => {
    const earlier = entries.findIndex((entry) => entry.name === name)
    if (earlier === index) return []
    return [
      {
        path: [section, index],
        message: `${word} ${JSON.stringify(name)} exists already (entry ${earlier + 1})`,
        remedy: 'Give one of the two a name of its own, such as name: edge-2.',
      },
    ]
  })
