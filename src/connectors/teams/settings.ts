import { z } from 'zod'
import { secretUrl } from '../../kit/target-settings.ts'

export const settings = z.strictObject({
  webhook: secretUrl().describe('Address of a workflow "When a Teams webhook request is received".'),
})
