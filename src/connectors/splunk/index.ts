/** Saved searches in Splunk Enterprise (docs.splunk.com, REST API, saved/searches): the SIEM rule for one attacker. */
import { z } from 'zod'
import { action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import { at, type HttpTarget } from '../../kit/http.ts'
import { sealed } from '../../kit/secret.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { type Settings, settings } from './settings.ts'

interface Server {
  readonly target: HttpTarget
  readonly path: string
  readonly index: string
}

const connect = ({ url, token, owner, app, index, tls }: Settings): Server => ({
  target: { base: url, headers: { authorization: sealed`Bearer ${token}` }, ...tlsOf(tls) },
  path: at`/servicesNS/${owner}/${app}/saved/searches`,
  index,
})

export default defineActions({
  id: 'splunk',
  summary: 'Saved searches with alerts in Splunk Enterprise.',
  config: settings,
  example: 'splunk: { url: https://splunk.example.net:8089, token: from-a-password-manager }',
  permissions: ['The capabilities schedule_search and write access to the app.'],
  connect,
  actions: {
    create_search: action({
      summary: 'Create a scheduled search that finds this attacker in all data; one that exists is left alone.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('Whom to look for.') }),
      output: z.strictObject({ name: z.string(), created: z.boolean() }),
      async run({ case: file }, { target, path, index }: Server, { http }) {
        const name = `Riposte ${file.id}`
        const form = {
          name,
          search: `search index=${index} "${file.subject.value.replace(/\/64$/, '')}"`,
          description: file.title,
          is_scheduled: '1',
          cron_schedule: '*/5 * * * *',
          'dispatch.earliest_time': '-6m',
          'dispatch.latest_time': 'now',
          alert_type: 'number of events',
          alert_comparator: 'greater than',
          alert_threshold: '0',
          'alert.track': '1',
        }
        const query = { output_mode: 'json' }
        const answer = await http(target, { method: 'POST', path, query, form, effect: 'write', expect: [409] })
        return { name, created: answer.status !== 409 }
      },
      async undo({ output: { name, created } }, { target, path }, { http }) {
        if (created)
          await http(target, { method: 'DELETE', path: `${path}${at`/${name}`}`, effect: 'write', expect: [404] })
      },
    }),
  },
  async probe({ target }, { http }) {
    const query = { output_mode: 'json' }
    const answer = await http(target, { method: 'GET', path: '/services/server/info', query, effect: 'read' })
    const info = z.looseObject({
      entry: z.array(z.looseObject({ content: z.looseObject({ version: z.string() }) })).min(1),
    })
    return `Splunk ${readAnswer(answer, info).entry[0]!.content.version}`
  },
})
