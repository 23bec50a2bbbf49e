/** Programs that mean well: APIs, webhooks, monitors, crawlers, git, calendars, feeds. One path, one tone, no assets. */
import type { Persona } from '../actor.ts'
import { desktop, nameless, phone, program } from '../clients.ts'
import type { Random } from '../random.ts'
import { latin1, visitor, withQuery } from '../visitor.ts'

const hook = (
  kind: string,
  count: number,
  userAgent: string,
  path: string,
  body: (r: Random) => unknown,
  looksLike?: string,
  header: readonly [string, string] = ['X-Event', 'push'],
): Persona => ({
  kind,
  count,
  play: (r) => {
    const v = visitor(program(userAgent, header), r, 'api.example.net')
    v.harmless(looksLike)
    for (let i = r.int(4, 9); i > 0; i--) {
      v.pause(1500, 9000)
      v.json(path, body(r))
    }
    return v.steps
  },
})

export const MACHINES: readonly Persona[] = [
  {
    kind: 'rest-api',
    count: 9,
    play: (r) => {
      const v = visitor(
        program(
          r.pick([
            'okhttp/4.12.0',
            'axios/1.7.7',
            'Dart/3.5 (dart:io)',
            'ShopApp/5.2 (iPhone; iOS 18.1)',
            'python-httpx/0.27.2',
          ]),
          ['Authorization', `Bearer fake.${r.hex(40)}`],
        ),
        r,
        'api.example.net',
      )
      for (let i = r.int(6, 16); i > 0; i--) {
        v.pause(500, 3500)
        const what = r.int(0, 5)
        if (what === 0)
          v.json('/api/v1/orders', {
            product: r.int(1, 60),
            note: r.pick(["It's a gift", 'call before 5 & after 2', 'leave at <reception>']),
          })
        else if (what === 1)
          v.get(
            withQuery('/api/v1/products', {
              filter: r.pick(['price<20 and stock>0', 'name=lamp;sort=-price', "name eq 'oak table'"]),
              fields: 'id,name',
            }),
          )
        else v.get(r.pick(['/api/v1/me', '/api/v1/products?page=2', `/api/v1/orders/${r.int(1000, 9999)}`]))
      }
      return v.steps
    },
  },
  {
    kind: 'rest-verbs',
    count: 2,
    play: (r) => {
      const v = visitor(program('ShopSync/2.1'), r, 'api.example.net')
      v.harmless('protocol')
      for (let i = r.int(6, 10); i > 0; i--) {
        v.pause(700, 4000)
        v.json(`/api/v1/products/${r.int(1, 60)}`, { price: r.int(5, 99) }, r.pick(['PUT', 'PATCH', 'DELETE']))
      }
      return v.steps
    },
  },
  {
    kind: 'graphql',
    count: 5,
    play: (r) => {
      const v = visitor(r.chance(0.5) ? desktop(r) : program('Apollo-iOS/1.15'), r, 'api.example.net')
      v.harmless('sqli')
      for (let i = r.int(5, 10); i > 0; i--) {
        v.pause(600, 3000)
        v.json('/graphql', {
          operationName: null,
          query: r.pick([
            'query { product(id: 7) { name price(currency: "EUR") reviews(first: 3) { text } } }',
            'mutation($t: String!) { addReview(product: 7, text: $t) { id } }',
            '{ __typename }',
          ]),
          variables: { t: r.pick(["It's great; I'd order again -- really", 'union of form and function', 'ok']) },
        })
      }
      return v.steps
    },
  },
  hook(
    'webhook-git',
    3,
    'CodeHost-Hookshot/b7a1',
    '/hooks/build',
    (r) => ({
      ref: 'refs/heads/main',
      commits: [
        {
          id: r.hex(40),
          message: "Fix 'select' in list; don't drop table on update\n\n$(date) is now escaped",
          modified: ['../README.md', 'src/index.php', '.github/workflows/ci.yml'],
        },
      ],
    }),
    'rce',
  ),
  hook(
    'webhook-payment',
    3,
    'PayBridge/1.0 (+https://pay.example.com/hooks)',
    '/hooks/payment',
    (r) => ({
      id: `evt_${r.hex(16)}`,
      type: 'charge.succeeded',
      data: { amount: r.int(500, 9000), currency: 'eur', name: "Siobhan O'Brien" },
    }),
    undefined,
    ['Pay-Signature', 't=1,v1=fake'],
  ),
  hook(
    'webhook-tracker',
    2,
    'Tracker/9 (hook)',
    '/hooks/issue',
    () => ({
      title: '<img src=x> shows as text',
      body: 'Steps: 1. open /search?q=<b>x</b> 2. see alert(1) in the source',
      labels: ['bug'],
    }),
    'xss',
  ),
  hook(
    'telemetry-beacon',
    4,
    'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    '/api/v1/beacon',
    (r) => ({
      url: 'http://shop.example.net/search?q=%27',
      error: 'TypeError: document.cookie is null at eval (app.js:1:33)',
      t: r.int(1, 9999),
    }),
    'xss',
  ),
  {
    kind: 'git-client',
    count: 3,
    play: (r) => {
      const v = visitor(program('git/2.47.0', ['Git-Protocol', 'version=2']), r, 'git.example.org')
      v.harmless('protocol')
      for (let i = r.int(3, 6); i > 0; i--) {
        v.pause(900, 4000)
        v.get('/git/tools.git/info/refs?service=git-upload-pack')
        v.pause(50, 200)
        v.request(
          'POST',
          '/git/tools.git/git-upload-pack',
          [
            ['Content-Type', 'application/x-git-upload-pack-request'],
            ['Accept', 'application/x-git-upload-pack-result'],
          ],
          `0014command=fetch0001000fno-progress0032want ${r.hex(40)}\n0009done\n0000`,
        )
      }
      return v.steps
    },
  },
  {
    kind: 'webdav-office',
    count: 2,
    play: (r) => {
      const v = visitor(program('Microsoft Office Protocol Discovery'), r, 'files.example.org')
      v.harmless('protocol')
      for (let i = r.int(5, 10); i > 0; i--) {
        v.pause(500, 2500)
        v.request(r.pick(['OPTIONS', 'PROPFIND', 'HEAD']), `/dav/${r.pick(['', 'plan.docx', "Bob's%20plan.xlsx"])}`, [
          ['Depth', '0'],
        ])
      }
      return v.steps
    },
  },
  {
    kind: 'crawler',
    count: 4,
    play: (r) => {
      const v = visitor(
        program(
          r.pick([
            'Mozilla/5.0 (compatible; FindBot/2.1; +http://find.example.com/bot.html)',
            'Mozilla/5.0 (compatible; IndexerBot/1.0; +https://index.example.org/)',
          ]),
        ),
        r,
      )
      v.get('/robots.txt')
      v.pause(300, 900)
      v.get('/sitemap.xml')
      for (let i = r.int(25, 45); i > 0; i--) {
        v.pause(500, 2200)
        v.get(
          r.pick([
            `/product/${r.int(1, 90)}`,
            `/category/lamps?page=${r.int(1, 9)}&sort=price`,
            `/blog/${r.int(2019, 2026)}/${r.int(1, 12)}`,
            '/old/',
            `/gone/${r.int(1, 40)}`,
            '/search?q=women%27s+boots',
            '/forum/thread/3',
          ]),
        )
      }
      return v.steps
    },
  },
  {
    kind: 'feed-reader',
    count: 4,
    play: (r) => {
      const v = visitor(program('ReadLater/4.0 (feed fetcher; 12 subscribers)'), r, 'blog.example.org')
      for (let i = r.int(2, 5); i > 0; i--) {
        v.pause(6000, 14_000)
        v.get('/feed.xml', [['If-None-Match', `"${r.hex(8)}"`]])
      }
      return v.steps
    },
  },
  {
    // Watches an address that somebody removed: 404 for ever, and nobody means any harm.
    kind: 'monitor-404',
    count: 2,
    play: (r) => {
      const v = visitor(program('UpCheck/3.1 (https://upcheck.example.com)'), r)
      for (let i = 36; i > 0; i--) {
        v.pause(2600, 3200)
        v.get('/health/old')
      }
      return v.steps
    },
  },
  {
    kind: 'health-check-by-address',
    count: 2,
    play: (r, index) => {
      const v = visitor(index === 0 ? program('ELB-HealthChecker/2.0') : nameless, r, '192.0.2.80')
      v.harmless('protocol')
      for (let i = 22; i > 0; i--) {
        v.pause(4500, 5500)
        v.get('/status')
      }
      return v.steps
    },
  },
  {
    // A page left open whose session has ended: it asks and asks, and gets 401 each time.
    kind: 'broken-front-end',
    count: 3,
    play: (r) => {
      const v = visitor(desktop(r), r, 'api.example.net')
      for (let i = r.int(18, 34); i > 0; i--) {
        v.pause(1900, 2600)
        v.get('/api/v1/me')
      }
      return v.steps
    },
  },
  {
    kind: 'phone-sync',
    count: 3,
    play: (r) => {
      const v = visitor(phone(r), r, 'files.example.org')
      v.harmless('protocol')
      for (let i = r.int(4, 8); i > 0; i--) {
        v.pause(3000, 8000)
        v.request(
          'POST',
          '/dav/sync?cmd=Ping&device=x',
          [['Content-Type', 'application/vnd.ms-sync.wbxml']],
          latin1('\u0003\u0001j\u0000'),
        )
      }
      return v.steps
    },
  },
]
