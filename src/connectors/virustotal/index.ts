/** VirusTotal (docs.virustotal.com/reference/ip-info, API v3): what its engines say of an address. */
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

const amount = z.int().min(0).default(0)
const object = z.looseObject({
  data: z.looseObject({
    attributes: z.looseObject({
      last_analysis_stats: z.looseObject({
        harmless: amount,
        malicious: amount,
        suspicious: amount,
        undetected: amount,
      }),
      reputation: z.number().optional(),
      country: z.string().optional(),
      as_owner: z.string().optional(),
    }),
  }),
})

const UNKNOWN = { known: false, confidence: 0, benign: false, text: 'VirusTotal: never seen' }

/** A dozen engines that agree are as sure as it gets; each one less counts a share. */
const SURE = 12

export default defineActions({
  id: 'virustotal',
  summary: 'Ask VirusTotal about addresses.',
  config: settings,
  example: 'virustotal: { key: from-a-password-manager }',
  permissions: ['An API v3 key; a free one asks 4 times a minute and 500 times a day (set limit.perMinute: 4).'],
  connect: ({ key, url, keep, quota }, { clock }): Service => ({
    target: { base: url, headers: { 'x-apikey': key } },
    cache: createAnswerCache({ name: 'VirusTotal', keep, perDay: quota, clock }),
  }),
  actions: {
    check: action({
      summary: 'What its engines say of an address.',
      effect: 'read',
      idempotent: true,
      maxTlp: 'amber',
      input: z.strictObject({ address: addressInput() }),
      output: reputation,
      run: ({ address }, { target, cache }: Service, { http }) =>
        cache.get(address, async () => {
          const path = at`/api/v3/ip_addresses/${address}`
          const answer = await http(target, { method: 'GET', path, effect: 'read', expect: [404] })
          if (answer.status === 404) return UNKNOWN
          const { last_analysis_stats: stats, country, as_owner } = readAnswer(answer, object).data.attributes
          const against = stats.malicious + stats.suspicious
          const engines = against + stats.harmless + stats.undetected
          return {
            known: engines > 0,
            confidence: Math.min(100, Math.round((100 * (stats.malicious + stats.suspicious / 2)) / SURE)),
            benign: false,
            ...(country === undefined ? {} : { country }),
            ...(as_owner === undefined ? {} : { network: as_owner }),
            reports: against,
            text: `VirusTotal: ${against} of ${engines} engines against it`,
          }
        }),
    }),
  },
  async probe({ target }, { http }) {
    const path = at`/api/v3/ip_addresses/${'192.0.2.1'}`
    const answer = await http(target, { method: 'GET', path, effect: 'read', expect: [404] })
    if (answer.status !== 404) readAnswer(answer, object)
    return 'answers'
  },
})
