/** A call of an action, as a run makes it, for tests of connectors that speak no HTTP. */
import type { ActionCall } from '../../src/kit/action.ts'
import { httpClient } from '../../src/kit/http-client.ts'
import { KEY, NOW } from './exchange.ts'

export const callOf = (more: Partial<ActionCall> & { readonly patience?: number } = {}): ActionCall => {
  const { patience = 5000, ...rest } = more
  const signal = AbortSignal.timeout(patience)
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  return { key: KEY, by: 'playbook:test', signal, log, clock: () => NOW, http: httpClient(signal), ...rest }
}
