/** People who write what rules fear: code in a forum, lessons on SQL, pages in a CMS, mark-up about mark-up. */
import { GOOD_PASSWORD } from '../../../test/real/shop.ts'
import type { Persona } from '../actor.ts'
import { desktop } from '../clients.ts'
import { type Visitor, visitor } from '../visitor.ts'

const POSTS: readonly (readonly [looksLike: string, text: string])[] = [
  [
    'sqli',
    "Why does this give a syntax error?\n\n    SELECT name FROM lamps WHERE price > 10 AND name LIKE '%oak%' ORDER BY price;",
  ],
  [
    'sqli',
    'Use a prepared statement instead of "SELECT * FROM users WHERE id = " + id, otherwise id = "1 OR 1=1" returns all rows.',
  ],
  ['xss', 'To load the widget put <script src="/assets/widget.js"></script> before </body>.'],
  ['xss', '```html\n<button onclick="save()">Save</button>\n```\nThe handler is never called. Why?'],
  ['rce', 'On Debian: `sudo apt-get install nginx && systemctl status nginx | grep active`'],
  ['rce', 'My crontab: */5 * * * * /usr/bin/curl -s http://localhost/cron.php > /dev/null 2>&1'],
  ['php', 'How do I read a file? <?php $s = file_get_contents("data.txt"); echo strlen($s); ?>'],
  ['lfi', 'The import fails with "cannot open ../../shared/config.yaml", but /etc/nginx/nginx.conf is readable.'],
  ['java', 'Caused by: java.lang.NullPointerException at java.base/java.util.HashMap.get(HashMap.java:557)'],
  ['ssti', 'In the template write {{ product.name | upper }} and {% for p in products %}.'],
  ['ssrf', 'It only works when I open http://127.0.0.1:8080/metrics in the browser.'],
]

const LESSONS = [
  'SELECT name, price FROM product WHERE price < 20 ORDER BY price DESC LIMIT 10',
  'SELECT c.name, count(*) FROM customer c JOIN orders o ON o.customer = c.id GROUP BY c.name HAVING count(*) > 3',
  'SELECT name FROM product UNION SELECT name FROM category',
  "UPDATE product SET price = price * 0.9 WHERE category = 'lamps'",
  "INSERT INTO product (name, price) VALUES ('oak table', 199)",
  "SELECT * FROM product WHERE name LIKE '%boot%' AND stock IS NOT NULL",
]

const ARTICLES = [
  '<h2>New lamps</h2><p>See <a href="/category/lamps">all lamps</a>.</p><img src="/assets/lamp.jpg" alt="A lamp" style="width:50%">',
  '<p>Opening hours</p><table border="1"><tr><td>Mon&ndash;Fri</td><td>9&ndash;18</td></tr></table><iframe src="https://maps.example.org/embed?x=1"></iframe>',
  '<blockquote onmouseover="this.className=\'hot\'">Quote of the week</blockquote><script>track("quote")</script>',
  '<p style="background:url(/assets/paper.png)">Select your plan from the list below and order today &mdash; or call us.</p>',
]

const signIn = (v: Visitor, path: string): void => {
  v.page('/login')
  v.pause(1500, 3500)
  v.form('/login', { user: 'author@example.org', password: `${GOOD_PASSWORD}0815?` })
  v.pause(300, 900)
  v.page(path)
}

export const AUTHORS: readonly Persona[] = [
  {
    kind: 'forum-developer',
    count: 10,
    play: (r, index) => {
      const v = visitor(desktop(r), r, 'forum.example.org')
      v.page('/forum')
      v.pause(800, 2000)
      signIn(v, '/forum')
      for (const [looksLike, text] of [POSTS[index % POSTS.length]!, ...r.some(POSTS, r.int(1, 3))]) {
        for (let i = r.int(1, 3); i > 0; i--) {
          v.pause(1500, 4000)
          v.page(`/forum/thread/${r.int(1, 40)}?page=${r.int(1, 3)}`)
        }
        v.pause(3000, 6000)
        v.harmless(looksLike)
        v.form('/forum/post', { thread: String(r.int(1, 40)), message: text })
        v.harmless()
      }
      return v.steps
    },
  },
  {
    kind: 'sql-learner',
    count: 6,
    play: (r) => {
      const v = visitor(desktop(r), r, 'learn.example.org')
      v.page('/learn/sql')
      for (let i = r.int(5, 11); i > 0; i--) {
        v.pause(1800, 5000)
        v.harmless('sqli')
        v.form('/learn/run', { lesson: String(r.int(1, 9)), statement: r.pick(LESSONS) })
        if (!r.chance(0.4)) continue
        v.harmless()
        v.pause(700, 2000)
        v.page(`/learn/sql?lesson=${r.int(1, 9)}`)
      }
      return v.steps
    },
  },
  {
    kind: 'cms-editor',
    count: 6,
    play: (r) => {
      const v = visitor(desktop(r), r, 'cms.example.org')
      signIn(v, '/cms/pages')
      for (let i = r.int(4, 9); i > 0; i--) {
        v.pause(2500, 6000)
        v.page(`/cms/edit?id=${r.int(1, 30)}`)
        v.pause(2500, 6000)
        v.harmless('xss')
        v.form('/cms/save', { id: String(r.int(1, 30)), content: r.pick(ARTICLES), action: 'save' })
        v.harmless()
      }
      return v.steps
    },
  },
  {
    // Saves every few seconds while it is being written: the same request with a little more text.
    kind: 'markdown-autosave',
    count: 4,
    play: (r) => {
      const v = visitor(desktop(r), r, 'cms.example.org')
      signIn(v, '/cms/pages')
      const text = r.pick([
        'How to embed: write `<script src="https://cdn.example.org/x.js"></script>` into the page. Then `curl -X POST http://localhost/hook`. Done.',
        'Lesson 3. Try `SELECT * FROM lamps WHERE id = 1 OR 1 = 1;` and explain why all rows come back.',
        'Clean up with `cat /var/log/app.log | grep error > /tmp/errors; rm /tmp/errors`.',
      ])
      v.harmless('xss')
      for (let end = 20; end < text.length + 20; end += 18) {
        v.pause(2000, 3500)
        v.json('/cms/draft', { id: 12, markdown: text.slice(0, end) }, 'POST')
      }
      v.harmless()
      v.page('/cms/pages')
      return v.steps
    },
  },
]
