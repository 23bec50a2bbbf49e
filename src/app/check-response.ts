/** What playbooks and connectors lack; and, when asked, whether the connectors can be used. Changes and sends nothing. */
import type { Failure } from '../core/failure.ts'
import type { Finding } from '../core/finding.ts'
import { checkPlaybook } from './check-playbooks.ts'
import type { ConnectorConfig } from './config/connectors.ts'
import type { Config } from './config/schema.ts'
import { CLOSED_DOOR } from './own-actions.ts'
import { playbooksOf } from './playbooks.ts'
import { probeConnector } from './probe-connector.ts'
import { connectionsOf } from './respond.ts'

type Found = (finding: Omit<Finding, 'at'>) => void

const failed = (error: unknown, code: string, subject: string, remedy: string): Omit<Finding, 'at'> => {
  const { message, remedy: better } = error as Failure
  return { code, level: 'error', subject, text: message, remedy: better ?? remedy }
}

export const checkResponse = (config: Config, found: Found): void => {
  try {
    connectionsOf(config, CLOSED_DOOR)
  } catch (error) {
    found(failed(error, 'connector.unusable', 'connectors', 'Correct this entry under connectors:.'))
  }
  try {
    for (const playbook of playbooksOf(config).values())
      if (playbook.enabled)
        for (const { level, place, text } of checkPlaybook(playbook, config))
          if (level === 'error')
            found({
              code: 'playbook.misfit',
              level,
              subject: playbook.name,
              text: `${place}: ${text}`,
              remedy: 'Correct the file; riposte connectors show KIND says what an action takes.',
            })
  } catch (error) {
    found(failed(error, 'playbook.invalid', 'playbooks', 'Correct the file that the message names.'))
  }
}

/** All at once: each may take as long as its timeout. */
export const probeConnectors = async (connectors: readonly ConnectorConfig[], found: Found): Promise<void> => {
  const probed = await Promise.allSettled(connectors.map((one) => probeConnector(one, 'check', Date.now)))
  for (const [i, result] of probed.entries())
    if (result.status === 'rejected')
      found(
        failed(
          result.reason,
          'connector.unreachable',
          connectors[i]!.name,
          'Check this entry under connectors:, and whether its server runs.',
        ),
      )
}
