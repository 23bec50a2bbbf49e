/** A connector of one action for tests: `notes.write` takes a text and an address, and does what the test says. */
import { z } from 'zod'
import { type ActionCall, action } from '../kit/action.ts'
import { defineActions } from '../kit/connector.ts'
import { type Connection, type ConnectionSettings, createConnection } from './connection.ts'

export interface Notes {
  readonly written: { readonly text: string; readonly key: string }[]
  run(text: string, call: ActionCall): Promise<unknown>
  undone: number
}

export const notesFixture = (run: Notes['run'] = async () => ({ length: 1 })): Notes => ({
  written: [],
  run,
  undone: 0,
})

const input = z.strictObject({
  text: z.string().max(100).describe('What is written down.'),
  address: z.string().optional().describe('Whom it is about.'),
})

const shared = {
  idempotent: true,
  maxTlp: 'green',
  input,
  output: z.strictObject({ length: z.int() }),
  async run({ text }: z.output<typeof input>, notes: Notes, call: ActionCall) {
    notes.written.push({ text, key: call.key })
    return (await notes.run(text, call)) as { length: number }
  },
} as const

export const notesPlugin = defineActions({
  id: 'notes',
  summary: 'Notes.',
  config: z.strictObject({}),
  example: 'notes: {}',
  permissions: [],
  connect: () => notesFixture(),
  actions: {
    write: action({
      ...shared,
      summary: 'Write.',
      effect: 'write',
      undo: async (_done, notes: Notes) => void notes.undone++,
    }),
    read: action({ ...shared, summary: 'Read.', effect: 'read' }),
  },
  probe: async () => 'answers',
})

export const connectionFixture = (changes: Partial<ConnectionSettings> = {}): Connection =>
  createConnection({
    name: 'notes',
    plugin: notesPlugin,
    session: notesFixture(),
    limit: { perMinute: 1000, concurrent: 4 },
    timeout: 1000,
    ...changes,
  })
