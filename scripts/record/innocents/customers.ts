/** People who want something from the site: shoppers, phones, searchers with awkward words, people who mistype. */
import { GOOD_PASSWORD } from '../../../test/real/shop.ts'
import type { Persona } from '../actor.ts'
import { desktop, phone } from '../clients.ts'
import type { Random } from '../random.ts'
import { type Visitor, visitor, withQuery } from '../visitor.ts'

const CATEGORIES = ['lamps', 'boots', 'books', 'garden', 'kitchen']
const WORDS = ['lamp', 'red boots', 'garden hose 20 m', 'cookbook', 'oak table', 'kids bicycle', 'wool socks', 'kettle']
const NAMES = [
  "Siobhan O'Brien",
  "Dan O'Neill",
  'José Núñez',
  'Zoë D’Angelo',
  'Björk Guðmundsdóttir',
  'Anna Müller',
  'Ng Wei',
  "Maeve O'Connor",
]

/** Harmless, and yet each contains what some rule looks for. */
export const AWKWARD_SEARCHES: readonly (readonly [looksLike: string, text: string])[] = [
  ['sqli', "O'Brien"],
  ['sqli', 'select a plan and order'],
  ['sqli', "rock 'n' roll posters"],
  ['sqli', 'union jack mug or tea towel'],
  ['sqli', "children's books -- used"],
  ['sqli', 'drop table lamp'],
  ['sqli', 'having friends over: where to order by phone'],
  ['sqli', "levi's 501 or wrangler; size 32"],
  ['sqli', 'insert into frame 20x30'],
  ['sqli', '3/4" pipe or 1/2" pipe'],
  ['xss', 'I <3 coffee mug'],
  ['xss', 'size < 40 & price > 20'],
  ['xss', 'javascript: the good parts'],
  ['rce', 'cat & dog food; bird seed'],
  ['rce', 'nice | time to wake up clock'],
  ['rce', 'echo dot (4th gen)'],
  ['lfi', 'AC/DC ../ back in black'],
  ['php', 'learning <?php in 24 hours'],
  ['java', 'java.lang for beginners'],
  ['ssti', '{{ handlebars }} for a bike'],
]

const browse = (v: Visitor, pages: number): void => {
  const r = v.random
  for (let i = 0; i < pages; i++) {
    v.pause(1200, 5200)
    v.page(
      r.pick([
        `/category/${r.pick(CATEGORIES)}`,
        `/product/${r.int(1, 60)}`,
        `/product/${r.int(1, 60)}`,
        withQuery('/search', { q: r.pick(WORDS) }),
        `/category/${r.pick(CATEGORIES)}?page=${r.int(2, 5)}&sort=price`,
      ]),
    )
  }
}

const signIn = (v: Visitor, mistakes = 0): void => {
  v.pause(1000, 3000)
  v.page('/login')
  for (let i = 0; i < mistakes; i++) {
    v.pause(2500, 5000)
    v.form('/login', { user: 'me@example.com', password: v.random.pick(['Rihgt-4711!', 'right-4711!', 'Rigth-4711!']) })
  }
  v.pause(2500, 5000)
  v.form('/login', { user: 'me@example.com', password: `${GOOD_PASSWORD}4711!` })
  v.pause(200, 500)
  v.page('/account')
}

const buy = (v: Visitor): void => {
  const r = v.random
  v.pause(1000, 3000)
  v.form('/cart', { product: String(r.int(1, 60)), quantity: '1' })
  v.pause(300, 900)
  v.page('/checkout')
  v.pause(3000, 7000)
  const name = r.pick(NAMES)
  if (name.includes("'")) v.harmless('sqli')
  v.form('/checkout', {
    name,
    address: r.pick(["3 King's Road", '12 rue de l’Église', 'Flat 2/4, 7 High St.']),
    note: r.pick(['', "don't ring, leave at no. 5", 'please & thank you']),
    card: '4111 1111 1111 1111',
  })
  v.harmless()
}

export const shop = (r: Random, onPhone = r.chance(0.4)): Visitor => {
  const v = visitor(onPhone ? phone(r) : desktop(r), r)
  v.page('/')
  browse(v, r.int(2, 9))
  if (r.chance(0.4)) signIn(v)
  if (r.chance(0.4)) buy(v)
  return v
}

export const CUSTOMERS: readonly Persona[] = [
  { kind: 'shopper', count: 38, play: (r) => shop(r).steps },
  {
    kind: 'power-search',
    count: 16,
    play: (r, index) => {
      const v = visitor(desktop(r), r)
      v.page('/')
      for (const [looksLike, text] of [
        AWKWARD_SEARCHES[index % AWKWARD_SEARCHES.length]!,
        ...r.some(AWKWARD_SEARCHES, r.int(1, 3)),
      ]) {
        v.harmless()
        browse(v, r.int(1, 3))
        v.harmless(looksLike)
        v.pause(1500, 4000)
        v.page(withQuery('/search', { q: text }))
      }
      v.harmless()
      browse(v, 1)
      return v.steps
    },
  },
  {
    kind: 'unicode-search',
    count: 8,
    play: (r) => {
      const v = visitor(phone(r), r)
      v.page('/')
      for (const text of r.some(
        [
          'ランプ 卓上',
          'żółty kubek',
          'чайник электрический',
          'مصباح',
          '灯 台式',
          'κούπα',
          'ผ้าเช็ดตัว',
          '☕ mug',
          'çay bardağı',
        ],
        r.int(3, 6),
      )) {
        v.pause(1200, 3500)
        v.page(withQuery('/search', { q: text }))
      }
      return v.steps
    },
  },
  {
    kind: 'mistyped-password',
    count: 6,
    play: (r) => {
      const v = visitor(r.chance(0.5) ? phone(r) : desktop(r), r)
      v.page('/')
      browse(v, r.int(1, 3))
      signIn(v, r.int(1, 4))
      browse(v, r.int(1, 4))
      return v.steps
    },
  },
  {
    // A password manager's best: long, and full of what rules look for.
    kind: 'odd-password',
    count: 3,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.page('/')
      v.pause(1000, 2500)
      v.page('/login')
      v.harmless('sqli')
      v.pause(2000, 4000)
      v.form('/login', {
        user: 'me@example.com',
        password: `${GOOD_PASSWORD}${r.pick(["x' or=1;--(%", '<=>!"; cat #1', "');%00{$x}"])}`,
      })
      v.harmless()
      browse(v, r.int(2, 4))
      return v.steps
    },
  },
  {
    // Tags that campaigns and analytics hang on every link and into the cookie.
    kind: 'long-cookies',
    count: 7,
    play: (r) => {
      const v = visitor(desktop(r), r)
      const consent = `consent={"v":2,"ads":false,"stats":true,"at":"2026-11-0${r.int(1, 9)}","list":[1,4,${r.int(5, 99)}]}; _ga=GA1.2.${r.int(1e8, 9e8)}.${r.int(1e9, 2e9)}; prefs=%7B%22theme%22%3A%22dark%22%2C%22tz%22%3A%22Europe%2FBerlin%22%7D; ab=${r.hex(400)}`
      v.header('Cookie', consent)
      for (let i = r.int(4, 8); i > 0; i--) {
        v.pause(1200, 4500)
        v.page(
          withQuery(r.pick(['/', `/product/${r.int(1, 60)}`, '/category/books']), {
            utm_source: 'newsletter',
            utm_campaign: 'autumn_sale (-20%)',
            gclid: `Cj0KCQ${r.hex(40)}`,
            fbclid: `IwAR${r.hex(50)}`,
          }),
        )
      }
      return v.steps
    },
  },
  {
    // An old browser and a careless proxy: Latin-1 in the address, no Accept header, cookies on two lines.
    kind: 'old-client',
    count: 3,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.header('Accept', undefined)
      v.page('/')
      v.harmless('protocol')
      for (let i = r.int(3, 6); i > 0; i--) {
        v.pause(1800, 4500)
        v.get(`/search?q=${r.pick(['M\xfcller', 'caf\xe9', 'gr\xfcn', '100%', '50%+off'])}`, [
          ['Cookie', `a=${r.hex(4)}`],
          ['Cookie', `b=${r.hex(4)}`],
        ])
      }
      return v.steps
    },
  },
  {
    kind: 'uploader',
    count: 6,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.page('/upload')
      for (let i = r.int(2, 4); i > 0; i--) {
        v.pause(2000, 5000)
        const [name, type, content] = r.pick([
          ["Bob's holiday (1).jpg", 'image/jpeg', `\xff\xd8\xff\xe0${r.hex(600)}`],
          ['notes.md', 'text/markdown', '# Notes\n\nRun `rm -rf build && npm ci` first.\n'],
          ['orders;2026.csv', 'text/csv', "id;name\n1;O'Brien\n2;=SUM(A1:A2)\n"],
          ['schema.sql', 'application/sql', 'CREATE TABLE lamp (id int);\nSELECT * FROM lamp;\n'],
          ['page.html', 'text/html', '<html><body onload="init()"><script>init()</script></body></html>'],
        ] as const)
        v.harmless(type === 'image/jpeg' ? undefined : 'rce')
        v.upload('/upload', name, type, content)
      }
      v.harmless()
      v.page('/account')
      return v.steps
    },
  },
]
