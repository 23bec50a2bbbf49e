/** What is received by webhook, as a sensor: a file that others write through us, read like any other. */
import type { Config, SensorConfig } from './config/schema.ts'

export const WEBHOOK_SENSOR = 'webhook'

/** Where it lies until it is read; undefined when the state is a server and no place is named. */
export const spoolOf = ({ http, state }: Pick<Config, 'http' | 'state'>): string | undefined => {
  if (http.webhook?.spool !== undefined) return http.webhook.spool
  const place = state.reveal()
  return /^postgres(ql)?:/.test(place) ? undefined : `${place.replace(/^sqlite:(\/\/(?=\/))?/, '')}.webhook.jsonl`
}

export const webhookSensors = (config: Config): readonly SensorConfig[] => {
  const spool = config.http.webhook && spoolOf(config)
  if (spool === undefined) return []
  return [
    {
      id: WEBHOOK_SENSOR,
      sources: [{ kind: 'file', paths: [spool], format: 'soar-webhook' }],
      trustedProxies: [],
      clientHeader: 'none',
      timezone: 'UTC',
      lineLimit: 1024 * 1024,
    },
  ]
}
