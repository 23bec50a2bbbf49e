/** One event suffices. */
import type { BucketType } from './bucket.ts'

export const trigger = (): BucketType<never> => ({
  atOnce: true,
  limit: 'one is enough',
  pour: (_bucket, drop) => ({ fresh: true, overflow: true, until: drop.now }),
})
