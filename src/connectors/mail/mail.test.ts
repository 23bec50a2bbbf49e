import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { testSelfDescription } from '../../../test/contracts/action-connector.ts'
import { callOf } from '../../../test/contracts/call.ts'
import { startSmtp } from '../../../test/real/smtp.ts'
import { caseFixture } from '../../kit/sample-case.ts'
import { caseHtml } from './html.ts'
import mail from './index.ts'
import { settings } from './settings.ts'

testSelfDescription(mail)

const scene = async (t: TestContext, given?: string, right?: string) => {
  const smtp = await startSmtp(right)
  t.after(() => smtp.stop())
  const config = settings.parse({
    server: `127.0.0.1:${smtp.port}`,
    tls: 'none',
    from: 'riposte@example.net',
    to: ['soc@example.net'],
    ...(given === undefined ? {} : { user: 'riposte', password: given }),
  })
  return { smtp, session: mail.connect(config, { name: 'mail', clock: Date.now }) }
}

test('a case arrives as text and HTML, under an id that a repeat shares', async (t) => {
  const { smtp, session } = await scene(t, 'marked-secret', 'marked-secret')
  assert.equal(await mail.probe(session, callOf()), 'takes mail')
  const send = mail.actions['send_case']!
  const first = (await send.run({ case: caseFixture(), to: 'lead@example.net' }, session, callOf())) as { id: string }
  await send.run({ case: caseFixture() }, session, callOf())
  assert.deepEqual(
    smtp.mails.map(({ from, to }) => [from, to]),
    [
      ['riposte@example.net', ['lead@example.net']],
      ['riposte@example.net', ['soc@example.net']],
    ],
  )
  for (const { data } of smtp.mails) {
    assert.match(data, new RegExp(`^Message-ID: <${first.id}>`, 'm'))
    assert.match(data, /^Subject: \[high\] SQL injection from 203\.0\.113\.7/m)
    assert.match(data, /text\/plain/)
    assert.match(data, /text\/html/)
    assert.match(data, /^Auto-Submitted: auto-generated/m)
    assert.ok(!data.includes('marked-secret'))
  }
})

test('a subject cannot add a header, and nothing in the HTML is live', async (t) => {
  const { smtp, session } = await scene(t)
  const subject = 'x\r\nBcc: evil@example.com\r\n\r\nbody'
  await mail.actions['send']!.run({ subject, text: '.\r\n..' }, session, callOf())
  assert.deepEqual(smtp.mails[0]!.to, ['soc@example.net'])
  assert.doesNotMatch(smtp.mails[0]!.data.split('\r\n\r\n')[0]!, /^Bcc/m)
  const hostile = '<img src=x onerror=alert(1)> "\'&'
  const html = caseHtml(
    caseFixture({ title: hostile, observables: { hosts: [hostile], paths: [hostile], userAgents: [] } }),
  )
  assert.doesNotMatch(html, /<img|onerror=alert\(1\)>/)
})

test('what the server says is understood; a wrong password is no secret of ours to tell', async (t) => {
  const { smtp, session } = await scene(t, 'marked-wrong', 'right')
  const failed = await mail.actions['send']!.run({ subject: 'x', text: 'x' }, session, callOf()).catch(
    (error: Error) => error,
  )
  assert.equal((failed as { code?: string }).code, 'MAIL_AUTH')
  assert.ok(!`${(failed as Error).message} ${(failed as Error).stack}`.includes('marked-wrong'))
  const open = await scene(t)
  for (const [reply, code, retry] of [
    ['451 later', 'MAIL_UNREACHABLE', 'backoff'],
    ['554 spam', 'MAIL_REFUSED', 'never'],
  ] as const) {
    open.smtp.refuse = reply
    await assert.rejects(mail.actions['send']!.run({ subject: 'x', text: 'x' }, open.session, callOf()), {
      code,
      retry,
    })
  }
  open.smtp.refuse = 'silence'
  await assert.rejects(
    mail.actions['send']!.run({ subject: 'x', text: 'x' }, open.session, callOf({ patience: 300 })),
    {
      code: 'MAIL_UNREACHABLE',
    },
  )
  assert.equal(smtp.mails.length + open.smtp.mails.length, 0)
})

test('without TLS nothing leaves the machine', () => {
  const config = { server: 'mail.example.net:25', tls: 'none', from: 'a@example.net', to: 'b@example.net' }
  assert.equal(settings.safeParse(config).success, false)
})
