/** Elasticsearch and OpenSearch (bulk API, ECS documents), and detection rules of Elastic Security through Kibana. */
import { z } from 'zod'
import { Failure } from '../../core/failure.ts'
import { action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseEvent, caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpTarget } from '../../kit/http.ts'
import { basicAuth, sealed } from '../../kit/secret.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { ecsCase, ecsEvent } from './ecs.ts'
import { type Settings, settings } from './settings.ts'

interface Cluster {
  readonly target: HttpTarget
  readonly kibana: HttpTarget | undefined
  readonly settings: Settings
}

const connect = (chosen: Settings): Cluster => {
  const { url, kibana, key, user, password, tls } = chosen
  const common = {
    headers: { authorization: key ? sealed`ApiKey ${key}` : basicAuth(user!, password!) },
    ...tlsOf(tls),
  }
  return {
    target: { base: url, ...common },
    kibana:
      kibana === undefined
        ? undefined
        : { base: kibana, ...common, headers: { ...common.headers, 'kbn-xsrf': 'riposte' } },
    settings: chosen,
  }
}

const item = z.looseObject({
  status: z.int(),
  error: z.looseObject({ type: z.string(), reason: z.string().optional() }).optional(),
})
const bulk = z.looseObject({ errors: z.boolean(), items: z.array(z.record(z.string(), item)) })

const SEVERITY = { info: 'low', low: 'low', medium: 'medium', high: 'high', critical: 'critical' } as const
const RISK = { info: 10, low: 21, medium: 47, high: 73, critical: 99 } as const

export default defineActions({
  id: 'elasticsearch',
  summary: 'Events and incidents in Elasticsearch or OpenSearch, detection rules in Elastic Security.',
  config: settings,
  example: `
elasticsearch:
  url: https://elastic.example.net:9200
  key: from-a-password-manager
`,
  permissions: [
    'create_doc on the index of events, index on that of incidents, monitor on the cluster for the probe.',
    'For rules: the Kibana feature Security, all.',
  ],
  connect,
  actions: {
    index_events: action({
      summary: 'Index events; one that is there already is left alone.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ events: z.array(caseEvent).min(1).max(500).describe('The events.') }),
      output: z.strictObject({ created: z.int(), known: z.int() }),
      async run({ events }, { target, settings: { events: index } }: Cluster, { http }) {
        const lines = events.flatMap((event) => [
          // `create` never overwrites, and is what data streams ask for.
          JSON.stringify({ create: { _index: index, _id: event.id } }),
          JSON.stringify(ecsEvent(event)),
        ])
        const text = { type: 'application/x-ndjson', body: `${lines.join('\n')}\n` }
        const answer = await http(target, {
          method: 'POST',
          path: '/_bulk',
          text,
          effect: 'write',
          whenDry: { errors: false, items: [] },
        })
        const results = readAnswer(answer, bulk).items.map((one) => one['create'])
        const wrong = results.find((one) => one && one.status >= 400 && one.status !== 409)
        if (wrong)
          throw new Failure(
            'ELASTIC_REFUSED',
            `an event was refused: ${wrong.error?.type ?? wrong.status} ${(wrong.error?.reason ?? '').slice(0, 200)}`,
            {
              retry: wrong.status === 429 || wrong.status >= 500 ? 'backoff' : 'never',
              remedy: 'Check the mapping of the index, and what the key may do.',
            },
          )
        const known = results.filter((one) => one?.status === 409).length
        return { created: results.length - known, known }
      },
    }),
    index_case: action({
      summary: 'Index a case; the document of an incident is replaced by its newest version.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      output: z.strictObject({ result: z.string() }),
      async run({ case: file }, { target, settings: { incidents } }: Cluster, { http }) {
        const path = `/${incidents}/_doc/${encodeURIComponent(file.id)}`
        const answer = await http(target, {
          method: 'PUT',
          path,
          json: ecsCase(file),
          effect: 'write',
          whenDry: { result: 'created' },
        })
        return { result: readAnswer(answer, z.looseObject({ result: z.string() })).result }
      },
    }),
    create_rule: action({
      summary: 'Create a detection rule in Elastic Security that finds this attacker in all its data.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('Whom to look for.') }),
      output: z.strictObject({ rule: z.string(), created: z.boolean() }),
      async run({ case: file }, { kibana }: Cluster, { http }) {
        if (!kibana)
          throw new Failure('ELASTIC_KIBANA', 'detection rules need the address of Kibana', {
            remedy: 'Set kibana: of this connector.',
          })
        const rule = `riposte-${file.id}`
        const json = {
          rule_id: rule,
          name: file.title,
          description: `Traffic of an attacker that Riposte found: ${file.attackClasses.join(', ')}.`,
          type: 'query',
          language: 'kuery',
          query: `source.ip : "${file.subject.value}"`,
          severity: SEVERITY[file.severity],
          risk_score: RISK[file.severity],
          interval: '5m',
          from: 'now-6m',
          enabled: true,
          tags: ['Riposte', 'ModSecurity'],
        }
        const answer = await http(kibana, {
          method: 'POST',
          path: '/api/detection_engine/rules',
          json,
          effect: 'write',
          expect: [409],
        })
        return { rule, created: answer.status !== 409 }
      },
      async undo({ output: { rule, created } }, { kibana }, { http }) {
        if (!kibana || !created) return
        const query = { rule_id: rule }
        await http(kibana, {
          method: 'DELETE',
          path: '/api/detection_engine/rules',
          query,
          effect: 'write',
          expect: [404],
        })
      },
    }),
  },
  async probe({ target }, { http }) {
    const answer = await http(target, { method: 'GET', path: '/', effect: 'read' })
    const { cluster_name: name, version } = readAnswer(
      answer,
      z.looseObject({ cluster_name: z.string(), version: z.looseObject({ number: z.string() }) }),
    )
    return `${name}, version ${version.number}`
  },
})
