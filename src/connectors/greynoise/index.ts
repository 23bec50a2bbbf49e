/** GreyNoise Community (docs.greynoise.io): whether an address scans everybody, or belongs to a known business. */
import { z } from 'zod'
import { action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { type AnswerCache, createAnswerCache } from '../../kit/answer-cache.ts'
import { defineActions } from '../../kit/connector.ts'
import { at, type HttpTarget } from '../../kit/http.ts'
import { addressInput, reputation } from '../../kit/reputation.ts'
import { settings } from './settings.ts'

interface Service {
  readonly target: HttpTarget
  readonly cache: AnswerCache<z.input<typeof reputation>>
}

const community = z.looseObject({
  noise: z.boolean(),
  riot: z.boolean(),
  classification: z.string().optional(),
  name: z.string().optional(),
})

const CONFIDENCE: Readonly<Record<string, number>> = { malicious: 90, unknown: 40, benign: 0 }

export default defineActions({
  id: 'greynoise',
  summary: 'Ask GreyNoise whether an address scans everybody, or belongs to a known business.',
  config: settings,
  example: 'greynoise: { key: from-a-password-manager }',
  permissions: ['A community key; about 50 questions a week.'],
  connect: ({ key, url, keep, quota }, { clock }): Service => ({
    target: { base: url, ...(key ? { headers: { key } } : {}) },
    cache: createAnswerCache({ name: 'GreyNoise', keep, perDay: quota, clock }),
  }),
  actions: {
    check: action({
      summary: 'What GreyNoise has seen of an IPv4 address.',
      effect: 'read',
      idempotent: true,
      maxTlp: 'amber',
      input: z.strictObject({ address: addressInput() }),
      output: reputation,
      run: ({ address }, { target, cache }: Service, { http }) =>
        cache.get(address, async () => {
          if (address.includes(':'))
            return { known: false, confidence: 0, benign: false, text: 'GreyNoise knows IPv4 only' }
          const path = at`/v3/community/${address}`
          const answer = await http(target, { method: 'GET', path, effect: 'read', expect: [404] })
          if (answer.status === 404)
            return { known: false, confidence: 0, benign: false, text: 'GreyNoise: never seen' }
          const { noise, riot, classification = 'unknown', name } = readAnswer(answer, community)
          return {
            known: noise || riot,
            confidence: noise ? (CONFIDENCE[classification] ?? 40) : 0,
            benign: riot || classification === 'benign',
            ...(name === undefined || name === 'unknown' ? {} : { network: name }),
            text: `GreyNoise: ${riot ? 'a known business' : noise ? `scans everybody, ${classification}` : 'quiet'}`,
          }
        }),
    }),
  },
  async probe({ target }, { http }) {
    const path = at`/v3/community/${'8.8.8.8'}`
    const answer = await http(target, { method: 'GET', path, effect: 'read', expect: [404] })
    if (answer.status !== 404) readAnswer(answer, community)
    return 'answers'
  },
})
