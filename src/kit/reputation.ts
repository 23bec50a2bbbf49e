/** What services that know addresses are asked, and what they answer: the same shape for each. */
import { z } from 'zod'
import { parseCidr } from '../core/ip.ts'
import { duration } from './scalars.ts'

export const addressInput = () =>
  z
    .string()
    .transform((text) => text.replace(/\/64$/, ''))
    .refine((text) => parseCidr(text) !== undefined && !text.includes('/'), { error: 'a single address' })
    .describe('The address; of an IPv6 /64 its first one is asked for.')

export const reputation = z.strictObject({
  /** Whether the service knows it at all. */
  known: z.boolean(),
  /** 0 to 100: how sure the service is that it is bad. */
  confidence: z.number().min(0).max(100),
  /** Whether it belongs to a business that the service vouches for: a reason to spare it. */
  benign: z.boolean(),
  country: z.string().optional(),
  network: z.string().optional(),
  /** Reports, engines or sightings that speak against it. */
  reports: z.int().min(0).optional(),
  text: z.string(),
})

export const cacheSettings = (perDay: number) => ({
  keep: duration().prefault('24h').describe('How long an answer is used again.'),
  quota: z.int().min(1).max(10_000_000).default(perDay).describe('New questions in any 24 hours.'),
})
