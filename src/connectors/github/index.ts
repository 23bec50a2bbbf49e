/** Issues in GitHub (docs.github.com/rest/issues). Our id is a label, by which an issue is found again. */
import { z } from 'zod'
import { action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { caseMarkdown } from '../../kit/case-markdown.ts'
import { defineActions } from '../../kit/connector.ts'
import { at, type HttpTarget } from '../../kit/http.ts'
import { sealed } from '../../kit/secret.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { type Settings, settings } from './settings.ts'

interface Repository {
  readonly target: HttpTarget
  readonly path: string
}

const connect = ({ url, token, repository, tls }: Settings): Repository => {
  const [owner = '', name = ''] = repository.split('/')
  const headers = {
    authorization: sealed`Bearer ${token}`,
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
  }
  return { target: { base: url, headers, ...tlsOf(tls) }, path: at`/repos/${owner}/${name}` }
}

const issue = z.looseObject({ number: z.int() })
const DRY = { number: 0, id: 0 }
const number = () => z.int().min(0).describe('Number of the issue.')

export default defineActions({
  id: 'github',
  summary: 'Issues in a GitHub repository.',
  config: settings,
  example: 'github: { token: from-a-password-manager, repository: example/incidents }',
  permissions: ['Issues: read and write, in that repository.'],
  connect,
  actions: {
    create_issue: action({
      summary: 'Create the issue of a case; one that exists is found by its label.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'amber',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      output: z.strictObject({ number: z.int(), created: z.boolean() }),
      async run({ case: file }, { target, path }: Repository, { http }) {
        const label = `riposte:${file.id}`.slice(0, 50)
        const query = { labels: label, state: 'all', per_page: 1 }
        const found = await http(target, { method: 'GET', path: `${path}/issues`, query, effect: 'read', whenDry: [] })
        const [known] = readAnswer(found, z.array(issue))
        if (known) return { number: known.number, created: false }
        const json = {
          title: file.title,
          body: caseMarkdown(file),
          labels: [label, 'modsecurity', `severity:${file.severity}`],
        }
        const answer = await http(target, {
          method: 'POST',
          path: `${path}/issues`,
          json,
          effect: 'write',
          whenDry: DRY,
        })
        return { number: readAnswer(answer, issue).number, created: true }
      },
    }),
    comment: action({
      summary: 'Add a comment to an issue.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'amber',
      input: z.strictObject({ number: number(), text: z.string().min(1).describe('The comment, Markdown.') }),
      output: z.strictObject({ id: z.int() }),
      async run({ number: one, text }, { target, path }: Repository, { http }) {
        const json = { body: text.slice(0, 65_000) }
        const answer = await http(target, {
          method: 'POST',
          path: `${path}${at`/issues/${one}/comments`}`,
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
      maxTlp: 'amber',
      input: z.strictObject({ number: number() }),
      output: z.strictObject({ done: z.boolean() }),
      async run({ number: one }, { target, path }: Repository, { http }) {
        await http(target, {
          method: 'PATCH',
          path: `${path}${at`/issues/${one}`}`,
          json: { state: 'closed' },
          effect: 'write',
        })
        return { done: true }
      },
    }),
  },
  async probe({ target, path }, { http }) {
    const answer = await http(target, { method: 'GET', path, effect: 'read' })
    const { full_name, private: isPrivate } = readAnswer(
      answer,
      z.looseObject({ full_name: z.string(), private: z.boolean() }),
    )
    return `${full_name}${isPrivate ? '' : ' (public: everybody will read the incidents)'}`
  },
})
