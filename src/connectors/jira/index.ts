/** Jira Cloud and Server (developer.atlassian.com, REST API 3 and 2): issues, comments, transitions. */
import { z } from 'zod'
import { Failure } from '../../core/failure.ts'
import { type ActionCall, action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import { at, type HttpTarget } from '../../kit/http.ts'
import { basicAuth, sealed } from '../../kit/secret.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { documentOf, documentOfText, wikiOf, wikiOfText } from './document.ts'
import { type Settings, settings } from './settings.ts'

interface Jira {
  readonly target: HttpTarget
  readonly settings: Settings
  readonly base: '/rest/api/3' | '/rest/api/2'
}

const connect = (chosen: Settings): Jira => ({
  target: {
    base: chosen.url,
    headers: {
      authorization: chosen.user === undefined ? sealed`Bearer ${chosen.token}` : basicAuth(chosen.user, chosen.token),
    },
    ...tlsOf(chosen.tls),
  },
  settings: chosen,
  base: chosen.kind === 'cloud' ? '/rest/api/3' : '/rest/api/2',
})

const issue = z.looseObject({ key: z.string() })
const DRY = { key: 'DRY-0' }

/** Our id as a label: the one thing by which every Jira can be searched. Labels hold no blanks. */
const labelOf = (id: string): string => `riposte-${id.replace(/[^\w-]/g, '-')}`

const existing = async ({ target, settings: { project, kind }, base }: Jira, label: string, { http }: ActionCall) => {
  const jql = `project = "${project}" AND labels = "${label}" ORDER BY created ASC`
  const path = kind === 'cloud' ? `${base}/search/jql` : `${base}/search`
  const query = { jql, maxResults: 1, fields: 'key' }
  const answer = await http(target, { method: 'GET', path, query, effect: 'read', whenDry: { issues: [] } })
  return readAnswer(answer, z.looseObject({ issues: z.array(issue) })).issues[0]?.key
}

const key = () =>
  z
    .string()
    .regex(/^[A-Z][A-Z0-9_]+-\d+$/)
    .describe('Key of the issue, such as SEC-12.')

export default defineActions({
  id: 'jira',
  summary: 'Issues in Jira, Cloud or Server.',
  config: settings,
  example: `
jira:
  url: https://shop.atlassian.net
  user: riposte@example.net
  token: from-a-password-manager
  project: SEC
`,
  permissions: ['Browse projects, create issues, add comments and transition issues in that project.'],
  connect,
  actions: {
    create_issue: action({
      summary: 'Create the issue of a case; one that exists is found by its label.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({
        case: caseFile.describe('The case.'),
        labels: z
          .array(z.string().regex(/^\S{1,200}$/, 'labels hold no blanks'))
          .default([])
          .describe('More labels.'),
      }),
      output: z.strictObject({ key: z.string(), created: z.boolean() }),
      async run({ case: file, labels }, jira: Jira, call) {
        const label = labelOf(file.id)
        const known = await existing(jira, label, call)
        if (known !== undefined) return { key: known, created: false }
        const { target, settings: chosen, base } = jira
        const fields = {
          project: { key: chosen.project },
          issuetype: { name: chosen.type },
          summary: file.title.slice(0, 250),
          description: chosen.kind === 'cloud' ? documentOf(file) : wikiOf(file),
          labels: [label, 'modsecurity', ...labels],
        }
        const answer = await call.http(target, {
          method: 'POST',
          path: `${base}/issue`,
          json: { fields },
          effect: 'write',
          whenDry: DRY,
        })
        return { key: readAnswer(answer, issue).key, created: true }
      },
    }),
    comment: action({
      summary: 'Add a comment to an issue.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({ key: key(), text: z.string().min(1).describe('The comment.') }),
      output: z.strictObject({ id: z.string() }),
      async run({ key: one, text }, { target, settings: { kind }, base }: Jira, { http }) {
        const path = `${base}${at`/issue/${one}/comment`}`
        const json = { body: kind === 'cloud' ? documentOfText(text) : wikiOfText(text) }
        const answer = await http(target, { method: 'POST', path, json, effect: 'write', whenDry: { id: '0' } })
        return { id: readAnswer(answer, z.looseObject({ id: z.string() })).id }
      },
    }),
    transition: action({
      summary: 'Move an issue on, for example to Done.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({
        key: key(),
        to: z.string().min(1).describe('Name of the transition or of the state it leads to.'),
      }),
      output: z.strictObject({ done: z.boolean() }),
      async run({ key: one, to }, { target, base }: Jira, { http }) {
        const path = `${base}${at`/issue/${one}/transitions`}`
        const named = z.looseObject({
          id: z.string(),
          name: z.string(),
          to: z.looseObject({ name: z.string() }).optional(),
        })
        const whenDry = { transitions: [{ id: '0', name: to }] }
        const answer = await http(target, { method: 'GET', path, effect: 'read', whenDry })
        const { transitions } = readAnswer(answer, z.looseObject({ transitions: z.array(named) }))
        const chosen = transitions.find(({ name, to: state }) =>
          [name, state?.name].some((word) => word?.toLowerCase() === to.toLowerCase()),
        )
        if (!chosen)
          throw new Failure('JIRA_TRANSITION', `${one} cannot go to ${JSON.stringify(to)} from where it is`, {
            remedy: `From there it can go to ${transitions.map(({ name }) => name).join(', ') || 'nowhere'}.`,
          })
        await http(target, { method: 'POST', path, json: { transition: { id: chosen.id } }, effect: 'write' })
        return { done: true }
      },
    }),
  },
  async probe({ target, settings: { project }, base }, { http }) {
    const answer = await http(target, { method: 'GET', path: `${base}${at`/project/${project}`}`, effect: 'read' })
    return `project ${readAnswer(answer, z.looseObject({ name: z.string() })).name}`
  },
})
