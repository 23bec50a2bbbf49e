import { z } from 'zod'
import { path } from '../../kit/scalars.ts'

/** Without spaces and separators: the path is a word of the runtime API's commands. */
const mapFile = () =>
  path().refine(
    (file) => /^\/[\w./@-]+$/.test(file),
    'the path of a map is absolute, of letters, digits, dots, dashes and underscores, as it stands in haproxy.cfg',
  )

export const settings = z.strictObject({
  socket: path().default('/run/haproxy/admin.sock').describe('HAProxy’s `stats socket`, with `level admin`.'),
  map: mapFile().describe('The map of the banned, as haproxy.cfg names it (content/enforce/haproxy.cfg).'),
  throttleMap: mapFile().optional().describe('The map of the throttled and of those who would get a captcha.'),
  capacity: z.int().min(1).max(2_000_000).default(200_000).describe('Most entries.'),
})

export type Settings = z.output<typeof settings>
