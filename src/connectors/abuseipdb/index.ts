/** AbuseIPDB (docs.abuseipdb.com, API v2): what others say of an address, and what we say of it. */
import { z } from 'zod'
import { action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { type AnswerCache, createAnswerCache } from '../../kit/answer-cache.ts'
import { caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpTarget } from '../../kit/http.ts'
import { addressInput, reputation } from '../../kit/reputation.ts'
import { categoriesOf, commentOf } from './report.ts'
import { settings } from './settings.ts'

interface Service {
  readonly target: HttpTarget
  readonly cache: AnswerCache<z.input<typeof reputation>>
}

const checked = z.looseObject({
  data: z.looseObject({
    abuseConfidenceScore: z.number().min(0).max(100),
    isWhitelisted: z.boolean().nullish(),
    countryCode: z.string().nullish(),
    isp: z.string().nullish(),
    totalReports: z.int().min(0).default(0),
    numDistinctUsers: z.int().min(0).default(0),
  }),
})
const reported = z.looseObject({ data: z.looseObject({ abuseConfidenceScore: z.number() }) })

/** Reports of the same address are taken every 15 minutes only: until then what was said stands. */
const TOO_SOON = /15 minutes/

export default defineActions({
  id: 'abuseipdb',
  summary: 'Ask AbuseIPDB about addresses, and report attackers to it.',
  config: settings,
  example: 'abuseipdb: { key: from-a-password-manager }',
  permissions: ['An API v2 key; a free one checks and reports 1,000 times a day.'],
  connect: ({ key, url, keep, quota }, { clock }): Service => ({
    target: { base: url, headers: { key } },
    cache: createAnswerCache({ name: 'AbuseIPDB', keep, perDay: quota, clock }),
  }),
  actions: {
    check: action({
      summary: 'What others have reported of an address.',
      effect: 'read',
      idempotent: true,
      maxTlp: 'amber',
      input: z.strictObject({
        address: addressInput(),
        days: z.int().min(1).max(365).default(30).describe('How old reports may be.'),
      }),
      output: reputation,
      run: ({ address, days }, { target, cache }: Service, { http }) =>
        cache.get(`${address} ${days}`, async () => {
          const answer = await http(target, {
            method: 'GET',
            path: '/api/v2/check',
            query: { ipAddress: address, maxAgeInDays: days },
            effect: 'read',
          })
          const { data } = readAnswer(answer, checked)
          return {
            known: data.totalReports > 0,
            confidence: data.abuseConfidenceScore,
            benign: data.isWhitelisted === true,
            ...(data.countryCode ? { country: data.countryCode } : {}),
            ...(data.isp ? { network: data.isp } : {}),
            reports: data.totalReports,
            text: `AbuseIPDB: ${data.abuseConfidenceScore} % by ${data.totalReports} reports of ${data.numDistinctUsers} reporters`,
          }
        }),
    }),
    report: action({
      summary: 'Report an attacker: categories and a comment of our own words, nothing that a client wrote.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'amber',
      input: z.strictObject({ address: addressInput(), case: caseFile.describe('What it did.') }),
      output: z.strictObject({ accepted: z.boolean(), confidence: z.number().optional() }),
      async run({ address, case: file }, { target }: Service, { http }) {
        const answer = await http(target, {
          method: 'POST',
          path: '/api/v2/report',
          form: {
            ip: address,
            categories: categoriesOf(file).join(','),
            comment: commentOf(file),
            timestamp: file.lastAt,
          },
          effect: 'write',
          expect: [429],
        })
        if (answer.status === 200)
          return { accepted: true, confidence: readAnswer(answer, reported).data.abuseConfidenceScore }
        if (TOO_SOON.test(answer.text)) return { accepted: false }
        throw answer.failure()
      },
    }),
  },
  async probe({ target }, { http }) {
    // The service's own address for trying out (docs.abuseipdb.com, "Testing").
    const query = { ipAddress: '127.0.0.2' }
    const answer = await http(target, { method: 'GET', path: '/api/v2/check', query, effect: 'read' })
    readAnswer(answer, checked)
    return `answers; ${answer.header('x-ratelimit-remaining') ?? 'unknown'} questions left today`
  },
})
