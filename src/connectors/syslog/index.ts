/** Events and cases to a SIEM by syslog, as CEF. */
import { z } from 'zod'
import { type ActionCall, action } from '../../kit/action.ts'
import { caseEvent, caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import { caseLine, eventLine } from './cef.ts'
import { type Settings, settings } from './settings.ts'
import { reach, sendLines } from './transport.ts'

const send = async (lines: readonly string[], chosen: Settings, { signal, dry }: ActionCall) => {
  const { host, port } = chosen.server
  if (dry) return dry({ to: `${chosen.over} ${host}:${port}`, text: lines.join('\n') })
  await sendLines(lines, chosen, signal)
  return { lines: lines.length }
}

const shared = {
  effect: 'write',
  idempotent: false,
  maxTlp: 'red',
  output: z.strictObject({ lines: z.int() }),
} as const

export default defineActions({
  id: 'syslog',
  summary: 'Events and incidents as CEF by syslog.',
  config: settings,
  example: 'syslog: { server: siem.example.net:6514, over: tls }',
  permissions: ['That the receiver takes lines from this machine.'],
  connect: (chosen): Settings => chosen,
  actions: {
    send_events: action({
      ...shared,
      summary: 'Send events, a line each.',
      input: z.strictObject({ events: z.array(caseEvent).min(1).max(500).describe('The events.') }),
      run: ({ events }, chosen: Settings, call) =>
        send(
          events.map((event) => eventLine(event, chosen)),
          chosen,
          call,
        ),
    }),
    send_case: action({
      ...shared,
      summary: 'Send a case as one line.',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      run: ({ case: file }, chosen: Settings, call) => send([caseLine(file, chosen)], chosen, call),
    }),
  },
  async probe(chosen, { signal }) {
    if (chosen.over === 'udp') return 'UDP: nobody answers, so nothing can be asked'
    await reach(chosen, signal)
    return 'takes connections'
  },
})
