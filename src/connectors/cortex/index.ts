/** Cortex (TheHive-Project/CortexDocs, API): runs an analyzer on an address, and asks until its report is there. */
import { z } from 'zod'
import { Failure } from '../../core/failure.ts'
import { type ActionCall, action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { defineActions } from '../../kit/connector.ts'
import { at, type HttpTarget } from '../../kit/http.ts'
import { addressInput } from '../../kit/reputation.ts'
import { sealed } from '../../kit/secret.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { TLP } from '../../kit/tlp.ts'
import { settings } from './settings.ts'

const analyzer = z.looseObject({ id: z.string(), name: z.string() })
const job = z.looseObject({ id: z.string(), status: z.string() })
const report = z.looseObject({
  status: z.string(),
  report: z
    .looseObject({
      success: z.boolean().optional(),
      errorMessage: z.string().optional(),
      summary: z
        .looseObject({
          taxonomies: z
            .array(
              z.looseObject({ level: z.string(), namespace: z.string(), predicate: z.string(), value: z.unknown() }),
            )
            .default([]),
        })
        .optional(),
    })
    .optional(),
})

const analyzers = async (target: HttpTarget, { http }: ActionCall, name: string) => {
  const answer = await http(target, {
    method: 'GET',
    path: '/api/analyzer/type/ip',
    effect: 'read',
    whenDry: [{ id: name, name }],
  })
  return readAnswer(answer, z.array(analyzer))
}

const look = async (id: string, target: HttpTarget, { http }: ActionCall) =>
  readAnswer(
    await http(target, {
      method: 'GET',
      path: at`/api/job/${id}/report`,
      effect: 'read',
      whenDry: { status: 'Success' },
    }),
    report,
  )

export default defineActions({
  id: 'cortex',
  summary: 'Run analyzers of Cortex on addresses.',
  config: settings,
  example: 'cortex: { url: https://cortex.example.net, key: from-a-password-manager }',
  permissions: ['A user with the role analyze.'],
  connect: ({ url, key, tls }): HttpTarget => ({
    base: url,
    headers: { authorization: sealed`Bearer ${key}` },
    ...tlsOf(tls),
  }),
  actions: {
    start: action({
      summary: 'Start an analyzer on an address; a recent report of the same is taken from its cache.',
      effect: 'read',
      idempotent: true,
      maxTlp: 'amber',
      input: z.strictObject({
        address: addressInput(),
        analyzer: z.string().min(1).describe('Name of the analyzer, such as AbuseIPDB_1_0.'),
        tlp: z
          .enum(TLP)
          .default('amber')
          .describe('How the address is classified; analyzers have a ceiling of their own.'),
      }),
      output: z.strictObject({ job: z.string() }),
      async run({ address, analyzer: name, tlp }, target: HttpTarget, call) {
        const known = await analyzers(target, call, name)
        const chosen = known.find((one) => one.name === name || one.id === name)
        if (!chosen)
          throw new Failure('CORTEX_ANALYZER', `no analyzer for addresses is called ${JSON.stringify(name)}`, {
            remedy: `There are ${known.map((one) => one.name).join(', ') || 'none'}.`,
          })
        const json = { data: address, dataType: 'ip', tlp: TLP.indexOf(tlp), pap: 2, message: 'Riposte' }
        const path = at`/api/analyzer/${chosen.id}/run`
        const answer = await call.http(target, {
          method: 'POST',
          path,
          json,
          effect: 'write',
          whenDry: { id: '0', status: 'Waiting' },
        })
        return { job: readAnswer(answer, job).id }
      },
      async confirm({ job: id }, target: HttpTarget, call) {
        const { status, report: found } = await look(id, target, call)
        if (status === 'Failure')
          throw new Failure(
            'CORTEX_JOB',
            `the analyzer failed: ${(found?.errorMessage ?? 'no reason').slice(0, 200)}`,
            {
              remedy: `See job ${id} in Cortex.`,
            },
          )
        return status === 'Success'
      },
    }),
    report: action({
      summary: 'What an analyzer found.',
      effect: 'read',
      idempotent: true,
      maxTlp: 'amber',
      input: z.strictObject({ job: z.string().min(1).describe('The job, from start.') }),
      output: z.strictObject({
        done: z.boolean(),
        /** The worst of its taxonomies: info, safe, suspicious, malicious. */
        level: z.string(),
        text: z.string(),
      }),
      async run({ job: id }, target: HttpTarget, call) {
        const { status, report: found } = await look(id, target, call)
        const taxonomies = found?.summary?.taxonomies ?? []
        const order = ['info', 'safe', 'suspicious', 'malicious']
        const level = order[Math.max(0, ...taxonomies.map((one) => order.indexOf(one.level)))]!
        const text = taxonomies.map((one) => `${one.namespace}:${one.predicate}=${String(one.value)}`).join(', ')
        return { done: status === 'Success', level, text: text.slice(0, 2000) }
      },
    }),
  },
  async probe(target, call) {
    const found = await analyzers(target, call, 'probe')
    return `${found.length} analyzers for addresses`
  },
})
