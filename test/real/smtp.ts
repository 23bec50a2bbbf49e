/** A small SMTP server for tests: takes mail as RFC 5321 has it, may ask for a password, may refuse or fall silent. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly data: string
}

export interface SmtpServer {
  readonly port: number
  readonly mails: readonly Mail[]
  /** What it says to the next DATA instead of taking it: a reply line, or nothing at all. */
  refuse: string | 'silence' | undefined
  stop(): Promise<void>
}

export const startSmtp = async (password?: string): Promise<SmtpServer> => {
  const mails: Mail[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
    let rest = ''
    let data: string[] | undefined
    let from = ''
    let to: string[] = []
    const say = (line: string | undefined): void => {
      if (line !== undefined) socket.write(`${line}\r\n`)
    }
    const answer = (line: string): string | undefined => {
      if (data) {
        if (line !== '.') {
          data.push(line.startsWith('..') ? line.slice(1) : line)
          return undefined
        }
        mails.push({ from, to, data: data.join('\r\n') })
        data = undefined
        return '250 taken'
      }
      switch (line.slice(0, 4).toUpperCase()) {
        case 'EHLO':
          return password === undefined ? '250 here' : '250-here\r\n250 AUTH PLAIN'
        case 'AUTH':
          return Buffer.from(line.split(' ')[2] ?? '', 'base64')
            .toString()
            .split('\0')[2] === password
            ? '235 welcome'
            : '535 no'
        case 'MAIL':
          from = /<(.*?)>/.exec(line)![1]!
          to = []
          return '250 ok'
        case 'RCPT':
          to.push(/<(.*?)>/.exec(line)![1]!)
          return '250 ok'
        case 'DATA':
          if (smtp.refuse !== undefined) return smtp.refuse === 'silence' ? undefined : smtp.refuse
          data = []
          return '354 go on'
        case 'QUIT':
          socket.end('221 bye\r\n')
          return undefined
        default:
          return '250 ok'
      }
    }
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('utf8')).split('\r\n')
      rest = lines.pop()!
      for (const line of lines) say(answer(line))
    })
    say('220 test')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const smtp: SmtpServer = {
    port: (server.address() as AddressInfo).port,
    mails,
    refuse: undefined,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return smtp
}
