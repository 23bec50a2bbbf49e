import { z } from 'zod'
import { argv, duration, path } from '../../kit/scalars.ts'
import { probeSettings } from '../../kit/standing-probe.ts'

export const settings = z.strictObject({
  file: path().describe('The list of the banned, included in a `geo` block (content/enforce/nginx-list-http.conf).'),
  throttleFile: path()
    .optional()
    .describe('The list of the throttled and of those who would get a captcha, for `limit_req`.'),
  test: argv()
    .optional()
    .describe(
      'Command that tests nginx’s configuration with the new list, `[/usr/sbin/nginx, -t]`; when it fails, the old list comes back. As arguments, there is no shell.',
    ),
  reload: argv()
    .optional()
    .describe('Command that reloads nginx, such as `[sudo, -n, systemctl, reload, nginx]`; else `pidFile` is used.'),
  pidFile: path()
    .optional()
    .describe(
      'nginx’s pid file. Without `reload`, the process in it is sent SIGHUP. Either way its workers are watched: new ones are the sign of a reload.',
    ),
  minInterval: duration()
    .prefault('10s')
    .describe('Least time between two reloads. The first change after a quiet time goes out at once.'),
  probe: probeSettings
    .optional()
    .describe('Where nginx itself is asked what it would do with an address: the proof of every ban.'),
  capacity: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(100_000)
    .describe('Most entries. Every reload reads all of them, and the old workers hold theirs until they are done.'),
})

export type Settings = z.output<typeof settings>
