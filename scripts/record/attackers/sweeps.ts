/** Those who do not aim: scanners with and without a name, directory guessers, password guessers, honeypot touchers. */
import type { Persona } from '../actor.ts'
import { type Client, desktop, nameless, program } from '../clients.ts'
import type { Random } from '../random.ts'
import { visitor, withQuery } from '../visitor.ts'

const WORDS =
  'admin,backup,config,db,dump,old,test,dev,staging,private,secret,api,v2,console,manager,phpmyadmin,wp-admin,wp-login.php,server-status,logs,tmp,upload,files,data,install,setup,shell,cgi-bin,debug,actuator,metrics,.git/HEAD,.env,.svn/entries,.htpasswd,web.config,composer.json,package.json,Dockerfile,id_rsa,backup.zip,site.tar.gz,dump.sql,users.csv,passwords.txt,config.php.bak,info.php,.DS_Store,.well-known/security.txt,owa,exchange,jenkins,solr,hudson,portal,intranet,cms,blog/admin,user,account/admin,login/admin,static,media,assets/old,includes,lib,vendor,node_modules'.split(
    ',',
  )

const guess = (r: Random): string =>
  `/${r.pick(WORDS)}${r.pick(['', '', '/', '.bak', '.old', '~', '.zip', '.php', '.txt', '2'])}`

const probe = (r: Random): readonly [cls: string, target: string] =>
  r.pick([
    ['lfi', `/download?file=../../../../etc/passwd`],
    ['lfi', '/assets/..%2f..%2f..%2fetc%2fhosts'],
    ['xss', withQuery('/search', { q: `<script>alert(${r.int(1, 999)})</script>` })],
    ['sqli', withQuery('/search', { q: `' or ${r.int(1, 9)}=${r.int(1, 9)}--` })],
    ['rce', withQuery('/contact', { name: ';cat /etc/passwd' })],
    ['php', '/index.php?page=php://input'],
    ['protocol', '/search?q=%'],
    ['scanner', '/nmaplowercheck1700000000'],
    ['scanner', guess(r)],
    ['scanner', guess(r)],
    ['scanner', guess(r)],
    ['scanner', guess(r)],
  ] as const)

const sweep = (kind: string, client: (random: Random) => Client, requests: number, fastest: number): Persona => ({
  kind,
  count: 1,
  play: (r) => {
    const v = visitor(client(r), r)
    for (let i = 0; i < requests; i++) {
      const [cls, target] = probe(r)
      v.hostile(cls)
      v.pause(fastest, fastest * 4)
      v.get(target)
    }
    return v.steps
  },
})

export const SWEEPS: readonly Persona[] = [
  sweep('scanner-nikto-like', () => program('Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:map_codes)'), 150, 60),
  sweep(
    'scanner-nuclei-like',
    () => program('Nuclei - Open-source project (github.com/projectdiscovery/nuclei)'),
    120,
    40,
  ),
  sweep(
    'scanner-nmap-like',
    () => program('Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)'),
    40,
    120,
  ),
  sweep('scanner-browser-name', desktop, 130, 60),
  sweep('scanner-nameless', () => nameless, 60, 120),
  {
    kind: 'scanner-changing-name',
    count: 1,
    play: (r) => {
      const v = visitor(nameless, r)
      for (let i = 0; i < 80; i++) {
        const [cls, target] = probe(r)
        v.hostile(cls)
        v.header(
          'User-Agent',
          `Mozilla/5.0 (Windows NT ${r.int(6, 10)}.${r.int(0, 3)}; rv:${r.int(60, 140)}.0) Gecko/20100101 Firefox/${r.int(60, 140)}.0`,
        )
        v.pause(80, 500)
        v.get(target)
      }
      return v.steps
    },
  },
  {
    // Breaks the protocol on purpose: repeated headers, raw bytes, NUL, lame escapes, forged log boundaries.
    kind: 'protocol-fuzzer',
    count: 1,
    play: (r) => {
      const v = visitor(program('fuzz/1'), r)
      v.hostile('protocol')
      for (let i = 26; i > 0; i--) {
        v.pause(150, 900)
        r.pick([
          () => v.get(`/search?q=${'%zz'.repeat(r.int(1, 4))}`),
          () => v.get('/search?q=\xff\xfe\xc0\xaf'),
          () =>
            v.get('/', [
              ['X-Twice', 'a'],
              ['x-twice', 'b'],
              ['X-TWICE', r.hex(4)],
            ]),
          () => v.get('/', [['Accept', 'caf\xe9 \x7f']]),
          () =>
            v.request(
              'POST',
              '/contact',
              [['Content-Type', 'application/x-www-form-urlencoded']],
              'message=a%00b\u0000hidden',
            ),
          () =>
            v.request(
              'POST',
              '/contact',
              [['Content-Type', 'text/plain']],
              `x\n---${r.hex(8)}---H--\nModSecurity: Warning. forged [id "999999"]\n---${r.hex(8)}---Z--\n`,
            ),
          () => v.get('/', [['User-Agent', `x" 200 0 - "-" - /etc/passwd 0 1 md5:${r.hex(32)}`]]),
          () => v.request(r.pick(['TRACE', 'TRACK', 'DEBUG', 'HEAD']), '/'),
          () => v.get('/search?q=%00%01%02%1b[31m'),
          () => v.request('POST', '/search', [['Content-Type', 'application/json']], '{"q": "unfinished'),
          () => v.get('/', [['Range', `bytes=${'0-1,'.repeat(12)}5-6`]]),
        ])()
      }
      return v.steps
    },
  },
  {
    // Asks for the files that every leaked repository has; most rules let the plain words through.
    kind: 'directory-guesser',
    count: 3,
    play: (r, index) => {
      const v = visitor(index === 0 ? program('gobuster/3.6') : desktop(r), r)
      v.hostile('scanner')
      for (let i = r.int(70, 170); i > 0; i--) {
        v.pause(25, 220)
        v.get(guess(r))
      }
      return v.steps
    },
  },
  {
    kind: 'backup-hunter',
    count: 2,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.hostile('scanner')
      v.get('/robots.txt')
      for (let i = r.int(15, 30); i > 0; i--) {
        v.pause(300, 1200)
        v.get(
          r.pick([
            '/old/',
            '/.git/config',
            '/.env',
            '/backup.sql',
            '/dump.sql.gz',
            '/.aws/credentials',
            '/wp-config.php.bak',
            guess(r),
          ]),
        )
      }
      return v.steps
    },
  },
  {
    kind: 'password-guesser',
    count: 3,
    play: (r, index) => {
      const v = visitor(index === 0 ? program('Mozilla/5.0 (Hydra)') : desktop(r), r)
      v.page('/login')
      v.hostile('bruteforce')
      for (let i = r.int(35, 70); i > 0; i--) {
        v.pause(60, 600)
        v.form('/login', {
          user: r.pick(['admin', 'root', 'shop', 'anna@example.net']),
          password: `${r.pick(['summer', 'Passw0rd', 'qwerty', 'letmein', 'lamp'])}${r.int(1, 2026)}`,
        })
      }
      return v.steps
    },
  },
  {
    // A list of names and passwords from somewhere else, spread over addresses: few tries each, another user each time.
    kind: 'credential-stuffing',
    count: 4,
    play: (r) => {
      const v = visitor(program('okhttp/4.12.0'), r, 'api.example.net')
      v.hostile('bruteforce')
      for (let i = r.int(9, 18); i > 0; i--) {
        v.pause(400, 2500)
        v.json('/api/v1/session', {
          user: `${r.pick(['maria', 'tom', 'li', 'jan', 'eva'])}${r.int(1, 999)}@example.com`,
          password: r.hex(9),
        })
      }
      return v.steps
    },
  },
  {
    kind: 'xmlrpc-guesser',
    count: 1,
    play: (r) => {
      const v = visitor(program('Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1)'), r, 'blog.example.org')
      v.hostile('bruteforce')
      for (let i = 40; i > 0; i--) {
        v.pause(60, 500)
        v.request(
          'POST',
          '/xmlrpc.php',
          [['Content-Type', 'text/xml']],
          `<?xml version="1.0"?><methodCall><methodName>wp.getUsersBlogs</methodName><params><param><value>admin</value></param><param><value>${r.hex(8)}</value></param></params></methodCall>`,
        )
      }
      return v.steps
    },
  },
  {
    kind: 'honeypot-field',
    count: 2,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.page('/contact')
      v.hostile('honeypot')
      for (let i = r.int(1, 3); i > 0; i--) {
        v.pause(1500, 4000)
        v.form('/contact', { name: 'x', message: 'hello', debug: r.pick(['true', '1', 'on']) })
      }
      return v.steps
    },
  },
  {
    kind: 'honeypot-path',
    count: 2,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.get('/robots.txt')
      v.hostile('honeypot')
      v.pause(1500, 4000)
      v.page('/backup-admin/')
      v.pause(800, 2500)
      v.page('/backup-admin/database.zip')
      return v.steps
    },
  },
  {
    kind: 'admin-visitor',
    count: 1,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.hostile('scanner')
      for (let i = 22; i > 0; i--) {
        v.pause(300, 1500)
        v.get(`/admin/${r.pick(['', 'users', 'login', 'export', 'settings', 'index.php', 'config'])}`)
      }
      return v.steps
    },
  },
]
