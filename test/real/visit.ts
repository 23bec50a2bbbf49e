/** One request on a connection of its own, as from the address that a trusted proxy before the server would name. */
import { request } from 'node:http'

export interface Visit {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** `from` goes into X-Forwarded-For: the servers of our tests believe it. */
export const visit = (
  place: { readonly host: string; readonly port: number },
  from: string,
  path = '/',
  headers: Readonly<Record<string, string>> = {},
): Promise<Visit> =>
  new Promise((resolve, reject) => {
    const call = request(
      {
        ...{ host: place.host, port: place.port, path, agent: false },
        headers: {
          host: 'shop.example.net',
          accept: '*/*',
          'user-agent': 'Mozilla/5.0',
          'x-forwarded-for': from,
          ...headers,
        },
      },
      (answer) => {
        let body = ''
        answer.setEncoding('utf8')
        answer.on('data', (text: string) => {
          body += text
        })
        answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, body }))
      },
    )
    call.on('error', reject)
    call.end()
  })
