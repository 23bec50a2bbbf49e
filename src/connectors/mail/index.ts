/** Mail by SMTP. The Message-ID is made of the step's key: a server or reader that sees a repeat can tell. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Failure } from '../../core/failure.ts'
import { type ActionCall, action } from '../../kit/action.ts'
import { caseFile } from '../../kit/case-file.ts'
import { caseText, oneLine, plainText } from '../../kit/case-text.ts'
import { defineActions } from '../../kit/connector.ts'
import { addressInput } from '../../kit/reputation.ts'
import { caseHtml } from './html.ts'
import { type Settings, settings } from './settings.ts'
import { abuseText, xarfReport } from './xarf.ts'

interface Message {
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly html?: string
  /** For programs: it makes the mail a feedback report. */
  readonly report?: object
}

/** What SMTP says (RFC 5321, 4.2.1): 4xx passes, 5xx does not. */
const failureOf = (error: unknown, { server }: Settings): Failure => {
  const { responseCode = 0, code = 'unknown' } = error as { readonly responseCode?: number; readonly code?: string }
  const where = `${server.host}:${server.port}`
  if (code === 'EAUTH')
    return new Failure('MAIL_AUTH', `${where} refused user and password`, {
      remedy: 'Check user and password of this connector.',
    })
  if (responseCode >= 500)
    return new Failure('MAIL_REFUSED', `${where} refused the mail (${responseCode})`, {
      remedy: 'Check from: and to: of this connector, and whether the server relays for this machine.',
    })
  return new Failure('MAIL_UNREACHABLE', `${where} did not take the mail (${responseCode || code})`, {
    retry: 'backoff',
    remedy: 'Check server: and tls: of this connector, and that the server runs.',
  })
}

/** The library is loaded with the first mail: most commands send none. */
const transportOf = async ({ server, tls, ca, user, password }: Settings) =>
  (await import('nodemailer')).createTransport({
    host: server.host,
    port: server.port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    ...(ca === undefined ? {} : { tls: { ca: readFileSync(ca) } }),
    ...(user === undefined ? {} : { auth: { user, pass: password!.reveal() } }),
    // What a message refers to is never fetched.
    disableFileAccess: true,
    disableUrlAccess: true,
  })

const composed = async ({ report, ...message }: Message, from: string, messageId: string) => {
  const to = [...message.to]
  if (!report) return { ...message, to, from, messageId, headers: { 'auto-submitted': 'auto-generated' } }
  const { feedbackReport } = await import('./feedback-report.ts')
  return { envelope: { from, to }, raw: await feedbackReport({ ...message, to, from, messageId, report }) }
}

const send = async (message: Message, chosen: Settings, { key, dry, signal }: ActionCall) => {
  const id = `${createHash('sha256').update(key).digest('hex').slice(0, 32)}@${chosen.from.split('@')[1]!}`
  const subject = oneLine(message.subject).slice(0, 200)
  if (dry)
    return dry({
      to: `${message.to.join(', ')} through ${chosen.server.host}`,
      text: [
        `Subject: ${subject}`,
        message.text,
        ...(message.report ? [JSON.stringify(message.report, null, 2)] : []),
      ].join('\n\n'),
    })
  const transport = await transportOf(chosen)
  try {
    const sending = transport.sendMail(await composed({ ...message, subject }, chosen.from, `<${id}>`))
    await Promise.race([sending, givenUp(signal)])
    return { id }
  } catch (error) {
    throw failureOf(error, chosen)
  } finally {
    transport.close()
  }
}

/** The library waits for its own timeouts; ours is the shorter one. */
const givenUp = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(Object.assign(new Error('given up'), { code: 'TIMEOUT' })), {
      once: true,
    })
  })

const recipients = () =>
  z
    .union([z.email(), z.array(z.email()).min(1)])
    .optional()
    .describe('Other recipients than the configured ones.')

const listed = (to: string | readonly string[]): readonly string[] => (typeof to === 'string' ? [to] : to)

const shared = {
  effect: 'write',
  idempotent: false,
  maxTlp: 'red',
  output: z.strictObject({ id: z.string() }),
} as const

export default defineActions({
  id: 'mail',
  summary: 'Mail by SMTP.',
  config: settings,
  example: `
mail:
  server: mail.example.net:587
  user: riposte
  password: from-a-password-manager
  from: riposte@example.net
  to: soc@example.net
`,
  permissions: ['To send from that address.'],
  connect: (chosen): Settings => chosen,
  actions: {
    send: action({
      ...shared,
      summary: 'Send a text.',
      input: z.strictObject({
        subject: z.string().min(1).describe('The subject.'),
        text: z.string().describe('The text.'),
        to: recipients(),
      }),
      run: ({ subject, text, to }, chosen: Settings, call) =>
        send({ to: listed(to ?? chosen.to), subject, text }, chosen, call),
    }),
    send_case: action({
      ...shared,
      summary: 'Send a case, as text and as HTML.',
      input: z.strictObject({ case: caseFile.describe('The case.'), to: recipients() }),
      run: ({ case: file, to }, chosen: Settings, call) => {
        const subject = `[${file.severity}] ${file.title}`
        const message = { to: listed(to ?? chosen.to), subject, text: plainText(caseText(file)), html: caseHtml(file) }
        return send(message, chosen, call)
      },
    }),
    report_abuse: action({
      ...shared,
      // It names neither a user nor, unless the operator says so, a site of ours.
      maxTlp: 'amber',
      summary: "Report an attacker to its network's abuse desk: a text for people, XARF for programs.",
      input: z.strictObject({
        address: addressInput(),
        case: caseFile.describe('What it did.'),
        to: z
          .union([z.email(), z.array(z.email()).min(1)])
          .describe('Address of the abuse desk; it is not guessed. The registry of the address (RDAP, whois) has it.'),
      }),
      run: ({ address, case: file, to }, chosen: Settings, call) => {
        const reporter = { from: chosen.from, ...chosen.reporter }
        return send(
          {
            to: listed(to),
            subject: `Abuse report: attacks on web servers from ${address}`,
            text: abuseText(file, address, reporter),
            report: xarfReport(file, address, call.key, reporter),
          },
          chosen,
          call,
        )
      },
    }),
  },
  async probe(chosen) {
    const transport = await transportOf(chosen)
    try {
      await transport.verify()
      return 'takes mail'
    } catch (error) {
      throw failureOf(error, chosen)
    } finally {
      transport.close()
    }
  },
})
