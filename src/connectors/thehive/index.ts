/** TheHive 5 (docs.strangebee.com/thehive/api-docs): alerts, comments, cases. */
import { z } from 'zod'
import { Failure } from '../../core/failure.ts'
import { type ActionCall, action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import { at, type HttpTarget } from '../../kit/http.ts'
import { sealed } from '../../kit/secret.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { alertOf, SOURCE, TYPE } from './alert.ts'
import { type Settings, settings } from './settings.ts'

interface Hive {
  readonly target: HttpTarget
  readonly template: string | undefined
}

const connect = ({ url, key, organisation, template, tls }: Settings): Hive => ({
  target: {
    base: url,
    headers: {
      authorization: sealed`Bearer ${key}`,
      ...(organisation === undefined ? {} : { 'x-organisation': organisation }),
    },
    ...tlsOf(tls),
  },
  template,
})

const made = z.looseObject({ _id: z.string() })
const DRY = { _id: '~dry-run' }

/** (type, source, sourceRef) is unique there; a repeat is refused with 400, so the one that exists is looked for. */
const existing = async ({ target }: Hive, sourceRef: string, { http }: ActionCall): Promise<string | undefined> => {
  const query = [
    { _name: 'listAlert' },
    {
      _name: 'filter',
      _and: [
        { _field: 'type', _value: TYPE },
        { _field: 'source', _value: SOURCE },
        { _field: 'sourceRef', _value: sourceRef },
      ].map((is) => ({ _eq: is })),
    },
    { _name: 'page', from: 0, to: 1 },
  ]
  const answer = await http(target, {
    method: 'POST',
    path: '/api/v1/query',
    json: { query },
    effect: 'read',
    whenDry: [],
  })
  return readAnswer(answer, z.array(made))[0]?._id
}

const alertId = () =>
  z
    .string()
    .regex(/^~?[\w-]+$/)
    .describe('The id of the alert there, from create_alert.')

export default defineActions({
  id: 'thehive',
  summary: 'Alerts and cases in TheHive 5.',
  config: settings,
  example: `
thehive:
  url: https://thehive.example.net
  key: from-a-password-manager
`,
  permissions: ['manageAlert/create, manageAlert/update, manageCase/create, manageComment.'],
  connect,
  actions: {
    create_alert: action({
      summary: 'Create the alert of a case, with its observables; one that exists is found.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      output: z.strictObject({ id: z.string(), created: z.boolean() }),
      async run({ case: file }, hive: Hive, call) {
        const answer = await call.http(hive.target, {
          method: 'POST',
          path: '/api/v1/alert',
          json: alertOf(file, hive.template),
          effect: 'write',
          expect: [400],
        })
        if (answer.status !== 400) return { id: readAnswer(answer, made)._id, created: true }
        const id = await existing(hive, file.id, call)
        if (id !== undefined) return { id, created: false }
        throw answer.failure()
      },
    }),
    add_comment: action({
      summary: 'Add a comment to an alert.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({ alert: alertId(), text: z.string().min(1).describe('The comment, Markdown.') }),
      output: z.strictObject({ id: z.string() }),
      async run({ alert, text }, { target }: Hive, { http }) {
        const path = at`/api/v1/alert/${alert}/comment`
        const answer = await http(target, {
          method: 'POST',
          path,
          json: { message: text },
          effect: 'write',
          whenDry: DRY,
        })
        return { id: readAnswer(answer, made)._id }
      },
    }),
    create_case: action({
      summary: 'Make a case of an alert.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({ alert: alertId() }),
      output: z.strictObject({ id: z.string() }),
      async run({ alert }, { target, template }: Hive, { http }) {
        const path = at`/api/v1/alert/${alert}/case`
        const json = template === undefined ? {} : { caseTemplate: template }
        return {
          id: readAnswer(await http(target, { method: 'POST', path, json, effect: 'write', whenDry: DRY }), made)._id,
        }
      },
    }),
  },
  async probe({ target }, { http }) {
    const answer = await http(target, { method: 'GET', path: '/api/v1/user/current', effect: 'read' })
    const { login, organisation } = readAnswer(
      answer,
      z.looseObject({ login: z.string(), organisation: z.string().optional() }),
    )
    if (organisation === '')
      throw new Failure('THEHIVE_ORGANISATION', 'the user belongs to no organisation', { remedy: 'Set organisation:.' })
    return `signed in as ${login}${organisation === undefined ? '' : ` of ${organisation}`}`
  },
})
