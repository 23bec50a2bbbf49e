/**
 * A mail with a report for programs: `multipart/report` of the type `feedback-report` (RFC 6522, RFC 5965), with the
 * XARF report as its third part, as abusix/xarf describes it. Composed by the library, so no value can become a header
 * or a part.
 */
import MimeNode from 'nodemailer/lib/mime-node/index.js'

export interface FeedbackReport {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly messageId: string
  readonly text: string
  readonly report: object
}

export const feedbackReport = ({ from, to, subject, messageId, text, report }: FeedbackReport): Promise<Buffer> => {
  const root = new MimeNode('multipart/report; report-type=feedback-report')
  root.setHeader({ from, to: [...to], subject, 'message-id': messageId, 'auto-submitted': 'auto-generated' })
  root.createChild('text/plain; charset=utf-8').setContent(text)
  root
    .createChild('message/feedback-report')
    .setHeader('content-disposition', 'inline')
    .setContent('Feedback-Type: xarf\r\nUser-Agent: Riposte/1\r\nVersion: 1\r\n')
  root
    .createChild('application/json; name=xarf.json', { filename: 'xarf.json' })
    .setHeader('content-disposition', 'attachment; filename=xarf.json')
    .setContent(JSON.stringify(report, null, 2))
  return new Promise((resolve, reject) => {
    root.build((error, message) => (error ? reject(error) : resolve(message)))
  })
}
