/**
 * The site behind our real WAFs: a small shop with a forum, a CMS, an API, git and an admin area, in this process.
 * It answers as such a site would (200, 201, 204, 302, 401, 403, 404) and keeps nothing. Forms carry article 2's hidden
 * field, so that an honest browser sends `debug=false` and only somebody who plays with parameters sends something else.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export interface Shop {
  readonly port: number
  stop(): Promise<void>
}

/** Any password that starts with this opens every account. It is no secret. */
export const GOOD_PASSWORD = 'Right-'

export const startShop = (port = 0): Promise<Shop> =>
  new Promise((resolve, reject) => {
    const server = createServer({ insecureHTTPParser: true, keepAliveTimeout: 30_000 }, (request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => {
        if (body.length < 65_536) body += chunk.toString('latin1')
      })
      request.on('error', () => {})
      request.on('end', () => answer(request, body, response))
    })
    // A request that node itself cannot read is a bad request, not the end of the test.
    server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      resolve({
        port: (server.address() as { port: number }).port,
        stop: () =>
          new Promise((done) => {
            server.close(() => done())
            server.closeAllConnections()
          }),
      })
    })
  })

type Answer = readonly [status: number, type: string, body: string]

const answer = (request: IncomingMessage, body: string, response: ServerResponse): void => {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  const route = ROUTES.find(
    ([method, prefix]) => (method === '*' || method === request.method) && path.startsWith(prefix),
  )
  const exact = path === '/' ? page('Everything for the house', 'Lamps, boots, books.') : undefined
  const [status, type, text] = exact ?? route?.[2](body, request) ?? NOT_FOUND
  response.statusCode = status
  response.setHeader('Content-Type', type)
  const id = request.headers['x-request-id']
  if (type === HTML && request.headers.cookie === undefined && typeof id === 'string')
    response.setHeader('Set-Cookie', `sid=${id}; Path=/; HttpOnly`)
  if (status === 302) response.setHeader('Location', '/account')
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="shop"')
  response.setHeader('Content-Length', Buffer.byteLength(text))
  response.end(request.method === 'HEAD' || status === 204 ? undefined : text)
}

const HTML = 'text/html; charset=utf-8'
const JSON_TYPE = 'application/json'

const page = (title: string, content: string, status = 200): Answer => [
  status,
  HTML,
  `<!doctype html><html lang="en"><head><title>${title}</title><link rel="stylesheet" href="/assets/site.css"></head><body><nav><a href="/">Home</a> <a href="/forum">Forum</a> <a href="/login">Sign in</a></nav><h1>${title}</h1><p>${content}</p></body></html>\n`,
]

const form = (title: string, action: string, field: string, status = 200): Answer =>
  page(
    title,
    `<form method="post" action="${action}"><input name="${field}"><input type="hidden" name="debug" value="false"></form>`,
    status,
  )

const json = (value: unknown, status = 200): Answer => [status, JSON_TYPE, JSON.stringify(value)]
const NOT_FOUND = page('Not found', 'There is nothing here.', 404)
const EMPTY: Answer = [204, 'text/plain', '']

const signIn = (body: string): Answer =>
  body.includes(`=${GOOD_PASSWORD}`) || body.includes(`:"${GOOD_PASSWORD}`)
    ? [302, HTML, '']
    : form('Sign in', '/login', 'password', 401)

const withToken = (value: unknown, request: IncomingMessage): Answer =>
  request.headers.authorization?.startsWith('Bearer ') ? json(value) : json({ error: 'unauthorised' }, 401)

const ROUTES: readonly (readonly [
  method: string,
  prefix: string,
  (body: string, request: IncomingMessage) => Answer,
])[] = [
  ['*', '/assets/', () => [200, 'text/css', 'body{font:16px serif}']],
  ['*', '/product/', () => page('A fine product', 'In stock. Delivered tomorrow.')],
  ['*', '/category/', () => page('Category', 'Forty things, sorted by price.')],
  ['*', '/search', () => page('Search', 'Seven results.')],
  ['POST', '/cart', () => [302, HTML, '']],
  ['*', '/cart', () => form('Basket', '/cart', 'quantity')],
  ['POST', '/checkout', () => page('Thank you', 'Your order is on its way.')],
  ['*', '/checkout', () => form('Checkout', '/checkout', 'address')],
  ['POST', '/login', (body) => signIn(body)],
  ['*', '/login', () => form('Sign in', '/login', 'password')],
  ['POST', '/xmlrpc.php', () => [200, 'text/xml', '<?xml version="1.0"?><methodResponse><fault/></methodResponse>']],
  ['*', '/account', () => page('Your account', 'Orders and addresses.')],
  ['POST', '/forum', () => [302, HTML, '']],
  ['*', '/forum', () => form('Forum', '/forum/post', 'message')],
  ['*', '/blog', () => page('Journal', 'What we read this week.')],
  ['POST', '/contact', () => page('Thank you', 'We shall answer.')],
  ['*', '/contact', () => form('Contact', '/contact', 'message')],
  ['POST', '/cms', () => json({ saved: true })],
  ['*', '/cms', () => form('Editor', '/cms/save', 'content')],
  ['POST', '/learn', () => json({ rows: [[1, 'lamp']] })],
  ['*', '/learn', () => form('Learn SQL', '/learn/run', 'statement')],
  ['*', '/download', () => [200, 'text/plain', 'manual\n']],
  ['POST', '/upload', () => json({ stored: true }, 201)],
  ['*', '/upload', () => form('Upload', '/upload', 'file')],
  [
    'POST',
    '/api/v1/session',
    (body) => (body.includes(`:"${GOOD_PASSWORD}`) ? json({ token: 'fake' }) : json({ error: 'no' }, 401)),
  ],
  ['POST', '/api/v1/', () => json({ id: 4711 }, 201)],
  ['*', '/api/v1/me', (_body, request) => withToken({ name: 'somebody' }, request)],
  ['*', '/api/v1/', () => json({ items: [{ id: 1, name: 'lamp' }] })],
  ['*', '/graphql', () => json({ data: { product: { name: 'lamp' } } })],
  ['POST', '/hooks/', () => EMPTY],
  ['*', '/git/', () => [200, 'application/x-git-upload-pack-advertisement', '0000']],
  ['PROPFIND', '/dav', () => [207, 'application/xml', '<?xml version="1.0"?><multistatus xmlns="DAV:"/>']],
  ['*', '/dav', () => EMPTY],
  ['*', '/admin', () => page('Forbidden', 'Staff only.', 403)],
  ['*', '/backup-admin', () => page('Backups', 'database.zip')],
  // A directory listing: CRS finds it in the answer (phase 4), after the status line has been decided.
  ['*', '/old/', () => page('Index of /old', 'notes.txt')],
  ['*', '/robots.txt', () => [200, 'text/plain', 'User-agent: *\nDisallow: /backup-admin/\n']],
  ['*', '/sitemap.xml', () => [200, 'application/xml', '<?xml version="1.0"?><urlset/>']],
  ['*', '/feed.xml', () => [200, 'application/rss+xml', '<?xml version="1.0"?><rss version="2.0"/>']],
  ['*', '/favicon.ico', () => EMPTY],
  ['*', '/status', () => json({ ok: true })],
]
