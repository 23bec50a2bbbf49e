/** What may come in by HTTP beside bouncers and gates: others' events, callbacks, answers to questions. */
import type { FastifyInstance } from 'fastify'
import { approvalRoutes } from '../api/approval/routes.ts'
import { callbackRoutes } from '../api/callback/routes.ts'
import type { ApprovalLinks } from '../kit/approval-links.ts'
import type { Logger } from '../kit/logger.ts'
import type { Store } from '../kit/store.ts'
import type { Config } from './config/schema.ts'
import { startByHand } from './respond-desk.ts'
import { openWebhook } from './webhook-receiver.ts'

export interface Doors {
  readonly routes: readonly ((app: FastifyInstance) => void)[]
  configure(config: Config): void
  close(): Promise<void>
}

export const openDoors = (config: Config, store: Store, links: ApprovalLinks, log: Logger): Doors => {
  let current = config
  const clock = Date.now
  const webhook = openWebhook(() => current, log)
  return {
    routes: [
      webhook.routes,
      approvalRoutes({ links, store, clock }),
      callbackRoutes({
        tokens: () => current.http.callbacks,
        start: (order) => startByHand(order, store, current, clock()),
        ...{ store, log, clock },
      }),
    ],
    configure(next) {
      current = next
    },
    close: webhook.close,
  }
}
