/** Issues in GitLab (docs.gitlab.com/api/issues), confidential. Our id is a label, by which an issue is found again. */
import { z } from 'zod'
import { action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { caseMarkdown } from '../../kit/case-markdown.ts'
import { defineActions } from '../../kit/connector.ts'
import { at, type HttpTarget } from '../../kit/http.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { type Settings, settings } from './settings.ts'

interface Project {
  readonly target: HttpTarget
  readonly path: string
}

const connect = ({ url, token, project, tls }: Settings): Project => ({
  target: { base: url, headers: { 'private-token': token }, ...tlsOf(tls) },
  path: at`/api/v4/projects/${project}`,
})

const issue = z.looseObject({ iid: z.int() })
const DRY = { iid: 0, id: 0 }
const number = () => z.int().min(0).describe('Number of the issue within the project.')

export default defineActions({
  id: 'gitlab',
  summary: 'Confidential issues in a GitLab project.',
  config: settings,
  example: 'gitlab: { token: from-a-password-manager, project: example/incidents }',
  permissions: ['Reporter of the project, scope api.'],
  connect,
  actions: {
    create_issue: action({
      summary: 'Create the issue of a case; one that exists is found by its label.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      output: z.strictObject({ number: z.int(), created: z.boolean() }),
      async run({ case: file }, { target, path }: Project, { http }) {
        const label = `riposte::${file.id}`
        const query = { labels: label, scope: 'all', per_page: 1 }
        const found = await http(target, { method: 'GET', path: `${path}/issues`, query, effect: 'read', whenDry: [] })
        const [known] = readAnswer(found, z.array(issue))
        if (known) return { number: known.iid, created: false }
        const labels = [label, 'modsecurity', `severity::${file.severity}`].join(',')
        const json = { title: file.title, description: caseMarkdown(file), labels, confidential: true }
        const answer = await http(target, {
          method: 'POST',
          path: `${path}/issues`,
          json,
          effect: 'write',
          whenDry: DRY,
        })
        return { number: readAnswer(answer, issue).iid, created: true }
      },
    }),
    comment: action({
      summary: 'Add a note to an issue.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({ number: number(), text: z.string().min(1).describe('The note, Markdown.') }),
      output: z.strictObject({ id: z.int() }),
      async run({ number: one, text }, { target, path }: Project, { http }) {
        const json = { body: text.slice(0, 100_000) }
        const answer = await http(target, {
          method: 'POST',
          path: `${path}${at`/issues/${one}/notes`}`,
          json,
          effect: 'write',
          whenDry: DRY,
        })
        return { id: readAnswer(answer, z.looseObject({ id: z.int() })).id }
      },
    }),
    close_issue: action({
      summary: 'Close an issue.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ number: number() }),
      output: z.strictObject({ done: z.boolean() }),
      async run({ number: one }, { target, path }: Project, { http }) {
        await http(target, {
          method: 'PUT',
          path: `${path}${at`/issues/${one}`}`,
          json: { state_event: 'close' },
          effect: 'write',
        })
        return { done: true }
      },
    }),
  },
  async probe({ target, path }, { http }) {
    const answer = await http(target, { method: 'GET', path, effect: 'read' })
    return `project ${readAnswer(answer, z.looseObject({ path_with_namespace: z.string() })).path_with_namespace}`
  },
})
