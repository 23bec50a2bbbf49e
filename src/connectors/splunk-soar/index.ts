/** Splunk SOAR, formerly Phantom (help.splunk.com, Platform API): containers, artifacts, playbooks, notes, custom lists. */
import { z } from 'zod'
import { Failure } from '../../core/failure.ts'
import { type ActionCall, action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseEvent, caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import { at, type HttpAnswer, type HttpTarget } from '../../kit/http.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { artifactOf, containerOf } from './container.ts'
import { type Settings, settings } from './settings.ts'

interface Soar {
  readonly target: HttpTarget
  readonly label: string
}

const connect = ({ url, token, label, tls }: Settings): Soar => ({
  target: { base: url, headers: { 'ph-auth-token': token }, ...tlsOf(tls) },
  label,
})

/** The platform says in the body whether it did it, whatever the status. */
const result = z.looseObject({
  success: z.boolean().optional(),
  failed: z.boolean().optional(),
  message: z.string().optional(),
  id: z.int().optional(),
  existing_container_id: z.int().optional(),
})
type Result = z.output<typeof result>

const done = (one: Result): Result => {
  if (one.success === true && one.failed !== true) return one
  throw new Failure('SPLUNK_SOAR_REFUSED', `Splunk SOAR refused it: ${(one.message ?? 'no reason').slice(0, 200)}`, {
    remedy: 'Check that label and severities exist there (GET /rest/container_options).',
  })
}

const idOf = (answer: HttpAnswer): number => {
  const { id } = done(readAnswer(answer, result))
  if (id === undefined)
    throw new Failure('HTTP_ANSWER', 'the answer has no id', { remedy: 'Check url: of this connector.' })
  return id
}

const DRY = { success: true, id: 0 }
const container = () => z.int().min(0).describe('The id of the container there, from create_container.')

const run = z.looseObject({ status: z.string(), message: z.string().optional() })

const artifactExists = async ({ target }: Soar, to: number, key: string, { http }: ActionCall): Promise<boolean> => {
  const query = { _filter_source_data_identifier: JSON.stringify(key), _filter_container_id: to, page_size: 1 }
  const answer = await http(target, {
    method: 'GET',
    path: '/rest/artifact',
    query,
    effect: 'read',
    whenDry: { count: 0 },
  })
  return readAnswer(answer, z.looseObject({ count: z.int() })).count > 0
}

export default defineActions({
  id: 'splunk-soar',
  summary: 'Containers, artifacts and playbooks in Splunk SOAR (Phantom).',
  config: settings,
  example: `
splunk-soar:
  url: https://soar.example.net
  token: from-a-password-manager
  label: events
`,
  permissions: [
    'An automation user with: view and edit containers and artifacts, execute playbooks, edit custom lists.',
  ],
  connect,
  actions: {
    create_container: action({
      summary: 'Create the container of a case, with an artifact per event; one that exists is found.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      output: z.strictObject({ id: z.int(), created: z.boolean() }),
      async run({ case: file }, { target, label }: Soar, { http }) {
        const json = containerOf(file, label)
        const answer = await http(target, {
          method: 'POST',
          path: '/rest/container',
          json,
          effect: 'write',
          expect: [400],
        })
        const read = readAnswer(answer, result)
        if (read.existing_container_id !== undefined) return { id: read.existing_container_id, created: false }
        return { id: idOf(answer), created: true }
      },
    }),
    add_event: action({
      summary: 'Add an artifact to a container; one that is there already is left alone.',
      effect: 'write',
      idempotent: true,
      maxTlp: 'red',
      input: z.strictObject({ container: container(), event: caseEvent.describe('The event.') }),
      output: z.strictObject({ id: z.int().optional(), created: z.boolean() }),
      async run({ container: to, event }, soar: Soar, call) {
        if (await artifactExists(soar, to, event.id, call)) return { created: false }
        const json = artifactOf(event, to)
        const answer = await call.http(soar.target, {
          method: 'POST',
          path: '/rest/artifact',
          json,
          effect: 'write',
          whenDry: DRY,
        })
        return { id: idOf(answer), created: true }
      },
    }),
    run_playbook: action({
      summary: 'Run a playbook of the platform on a container, and ask until it is over.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({
        container: container(),
        playbook: z.union([z.int(), z.string().min(1)]).describe('Its id, or repository/name.'),
      }),
      output: z.strictObject({ run: z.string() }),
      async run({ container: on, playbook }, { target }: Soar, { http }) {
        const json = { container_id: on, playbook_id: playbook, scope: 'new', run: true }
        const answer = await http(target, {
          method: 'POST',
          path: '/rest/playbook_run',
          json,
          effect: 'write',
          whenDry: { playbook_run_id: '0' },
        })
        const { playbook_run_id: id } = readAnswer(
          answer,
          z.looseObject({ playbook_run_id: z.union([z.string(), z.int()]) }),
        )
        return { run: String(id) }
      },
      async confirm({ run: id }, { target }: Soar, { http }) {
        const { status, message } = readAnswer(
          await http(target, { method: 'GET', path: at`/rest/playbook_run/${id}`, effect: 'read' }),
          run,
        )
        if (status === 'success') return true
        if (status === 'failed')
          throw new Failure('SPLUNK_SOAR_PLAYBOOK', `the playbook failed there: ${(message ?? '').slice(0, 200)}`, {
            remedy: `See run ${id} in Splunk SOAR.`,
          })
        return false
      },
    }),
    add_note: action({
      summary: 'Add a note to a container.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({
        container: container(),
        title: z.string().min(1).describe('Its title.'),
        text: z.string().describe('Its text.'),
      }),
      output: z.strictObject({ id: z.int() }),
      async run({ container: on, title, text }, { target }: Soar, { http }) {
        const json = { container_id: on, note_type: 'general', title, content: text }
        return {
          id: idOf(await http(target, { method: 'POST', path: '/rest/note', json, effect: 'write', whenDry: DRY })),
        }
      },
    }),
    add_to_list: action({
      summary: 'Append a row to a custom list, such as a blocklist there.',
      effect: 'write',
      idempotent: false,
      maxTlp: 'red',
      input: z.strictObject({
        list: z.string().min(1).describe('Name of the list.'),
        row: z.array(z.string()).min(1).describe('The cells of the row.'),
      }),
      output: z.strictObject({ done: z.boolean() }),
      async run({ list, row }, { target }: Soar, { http }) {
        const path = at`/rest/decided_list/${list}`
        done(
          readAnswer(
            await http(target, { method: 'POST', path, json: { append_rows: [row] }, effect: 'write', whenDry: DRY }),
            result,
          ),
        )
        return { done: true }
      },
    }),
  },
  async probe({ target }, { http }) {
    const answer = await http(target, { method: 'GET', path: '/rest/version', effect: 'read' })
    return `Splunk SOAR ${readAnswer(answer, z.looseObject({ version: z.string() })).version}`
  },
})
