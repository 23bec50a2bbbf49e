/** Asks one connector whether it could be used, changing nothing. */
import type { Millis } from '../core/time.ts'
import { httpClient } from '../kit/http-client.ts'
import type { ConnectorConfig } from './config/connectors.ts'

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }

/** Resolves to what answered, e.g. its version; throws the connector's Failure. */
export const probeConnector = async (
  { name, plugin, config, timeout }: ConnectorConfig,
  by: string,
  clock: () => Millis,
): Promise<string> => {
  const signal = AbortSignal.timeout(timeout)
  const session = plugin.connect(config, { name, clock })
  return plugin.probe(session, { key: 'probe', by, signal, log: QUIET, clock, http: httpClient(signal) })
}
