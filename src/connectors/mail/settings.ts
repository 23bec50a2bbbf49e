import { z } from 'zod'
import { endpoint, path, secret } from '../../kit/scalars.ts'

const address = () => z.email().describe('A mail address.')

export const settings = z
  .strictObject({
    server: endpoint().describe('SMTP server: `mail.example.net:587`.'),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe('`starttls` (port 587), `implicit` (port 465), or `none`, for a server on this machine only.'),
    ca: path().optional().describe("File (PEM) with the authorities that are trusted instead of the system's."),
    user: z.string().min(1).optional().describe('User name.'),
    password: secret().optional().describe('Its password.'),
    from: address().describe('Sender.'),
    reporter: z
      .strictObject({
        organisation: z.string().min(1).max(200).optional().describe('Whose report it is; else the domain.'),
        discloseHosts: z
          .boolean()
          .default(false)
          .describe('Name the attacked host names; without it they are left out.'),
      })
      .prefault({})
      .describe('For abuse reports.'),
    to: z.union([address(), z.array(address()).min(1)]).describe('Recipients, unless the playbook names others.'),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    error: 'user and password go together',
  })
  .refine(({ tls, server }) => tls !== 'none' || ['127.0.0.1', '::1', 'localhost'].includes(server.host), {
    error: 'without TLS mail goes to a server on this machine only',
  })

export type Settings = z.output<typeof settings>
