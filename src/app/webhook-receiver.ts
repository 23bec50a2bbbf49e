/** The receiving end of webhooks, as the configuration has it now. */

import { webhookRoutes } from '../api/webhook/routes.ts'
import { openSpool, type Spool } from '../api/webhook/spool.ts'
import type { Logger } from '../kit/logger.ts'
import type { Config } from './config/schema.ts'
import { spoolOf } from './webhook-sensor.ts'

export const openWebhook = (config: () => Config, log: Logger) => {
  let open: { readonly path: string; readonly spool: Spool } | undefined
  return {
    routes: webhookRoutes({
      log,
      clock: Date.now,
      settings() {
        const { webhook } = config().http
        const path = webhook && spoolOf(config())
        if (!webhook || path === undefined) return undefined
        if (open?.path !== path) {
          void open?.spool.close()
          open = { path, spool: openSpool(path) }
        }
        return { token: webhook.token, signing: webhook.signing, spool: open.spool }
      },
    }),
    close: async (): Promise<void> => open?.spool.close(),
  }
}
