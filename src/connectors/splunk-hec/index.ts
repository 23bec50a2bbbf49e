/** Splunk's HTTP Event Collector (docs.splunk.com, HEC): events and cases, with acknowledgement where it is on. */
import { z } from 'zod'
import { Failure } from '../../core/failure.ts'
import { type ActionCall, action } from '../../kit/action.ts'
import { readAnswer } from '../../kit/answer.ts'
import { caseEvent, caseFile } from '../../kit/case-file.ts'
import { defineActions } from '../../kit/connector.ts'
import type { HttpTarget } from '../../kit/http.ts'
import { sealed } from '../../kit/secret.ts'
import { tlsOf } from '../../kit/target-settings.ts'
import { type Settings, settings } from './settings.ts'

interface Collector {
  readonly target: HttpTarget
  readonly settings: Settings
}

const connect = (chosen: Settings): Collector => ({
  target: {
    base: chosen.url,
    headers: {
      authorization: sealed`Splunk ${chosen.token}`,
      ...(chosen.channel === undefined ? {} : { 'x-splunk-request-channel': chosen.channel }),
    },
    ...tlsOf(chosen.tls),
  },
  settings: chosen,
})

const accepted = z.looseObject({ code: z.int(), text: z.string(), ackId: z.int().optional() })

interface Entry {
  readonly time: string
  readonly host: string
  readonly sourcetype: string
  readonly event: object
}

const send = async ({ target, settings: { index } }: Collector, entries: readonly Entry[], { http }: ActionCall) => {
  const lines = entries.map(({ time, ...rest }) =>
    JSON.stringify({
      time: Date.parse(time) / 1000,
      source: 'riposte',
      ...(index === undefined ? {} : { index }),
      ...rest,
    }),
  )
  const text = { type: 'application/json', body: lines.join('\n') }
  const answer = await http(target, {
    method: 'POST',
    path: '/services/collector/event',
    text,
    effect: 'write',
    whenDry: { code: 0, text: 'Success' },
  })
  const { code, text: said, ackId } = readAnswer(answer, accepted)
  if (code !== 0)
    throw new Failure('SPLUNK_HEC', `the collector refused it: ${said.slice(0, 200)}`, {
      remedy: 'Check token and index.',
    })
  return ackId === undefined ? {} : { ack: ackId }
}

/** An acknowledgement is kept for the run; without a channel there is none, and what was accepted counts as done. */
const confirm = async (
  { ack }: { readonly ack?: number | undefined },
  { target, settings: { channel } }: Collector,
  { http }: ActionCall,
) => {
  if (ack === undefined || channel === undefined) return true
  const json = { acks: [ack] }
  const answer = await http(target, {
    method: 'POST',
    path: '/services/collector/ack',
    query: { channel },
    json,
    effect: 'read',
  })
  return readAnswer(answer, z.looseObject({ acks: z.record(z.string(), z.boolean()) })).acks[String(ack)] === true
}

const output = z.strictObject({ ack: z.int().optional() })
const shared = { effect: 'write', idempotent: false, maxTlp: 'red', output } as const

export default defineActions({
  id: 'splunk-hec',
  summary: 'Events and incidents in Splunk, through its HTTP Event Collector.',
  config: settings,
  example: 'splunk-hec: { url: https://splunk.example.net:8088, token: from-a-password-manager }',
  permissions: ['A token of the HTTP Event Collector that may write to the index.'],
  connect,
  actions: {
    send_events: action({
      ...shared,
      summary: 'Send events.',
      input: z.strictObject({ events: z.array(caseEvent).min(1).max(500).describe('The events.') }),
      run: ({ events }, collector: Collector, call) =>
        send(
          collector,
          events.map((event) => ({ time: event.time, host: event.sensor, sourcetype: 'riposte:event', event })),
          call,
        ),
      confirm,
    }),
    send_case: action({
      ...shared,
      summary: 'Send a case, without its events.',
      input: z.strictObject({ case: caseFile.describe('The case.') }),
      run: ({ case: file }, collector: Collector, call) => {
        const { events: _, ...event } = file
        return send(
          collector,
          [{ time: file.lastAt, host: file.sensors[0] ?? 'riposte', sourcetype: 'riposte:incident', event }],
          call,
        )
      },
      confirm,
    }),
  },
  async probe({ target }, { http }) {
    const answer = await http(target, { method: 'GET', path: '/services/collector/health', effect: 'read' })
    return readAnswer(answer, accepted).text
  },
})
