/**
 * The one description of riposte.yaml. From it come validation, the `Config` type, the reference page, the JSON Schema
 * for editors and the hints of the error messages.
 *
 *   enters   the plain value of a parsed YAML document
 *   leaves   `Config`: every default filled in, durations in milliseconds, sizes in bytes, networks parsed
 *   promise  no unknown key passes; every key has a description
 */
import { z } from 'zod'
import { SCOPES } from '../../api/callback/verbs.ts'
import { DEFAULT_WEIGHTS } from '../../classify/score.ts'
import { SECOND } from '../../core/time.ts'
import { THRESHOLDS } from '../../correlate/evidence/weights.ts'
import { DEFAULT_BUDGET } from '../../decide/guards/ban-budget.ts'
import { cidr, duration, endpoint, path, secret, signingSecret, size, stateUrl, timezone } from '../../kit/scalars.ts'
import { serverUrl } from '../../kit/target-settings.ts'
import { TLP } from '../../kit/tlp.ts'
import { connectorEntry } from './connectors.ts'
import { enforcePoint, httpListen } from './enforce.ts'

/** What a source may be told to expect; `auto` looks at the first bytes of each file. */
export const FORMATS = [
  'auto',
  'modsec3-json',
  'modsec3-native',
  'modsec2-json',
  'modsec2-native',
  'coraza-json',
  'coraza-ocsf',
  'access-json',
  'access-combined',
  'nginx-error',
  'apache-error',
  'soar-webhook',
] as const
export type FormatChoice = (typeof FORMATS)[number]

const about = <T extends z.ZodType>(description: string, schema: T): T => schema.describe(description)

const name = () =>
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
    error: () => ({
      message: 'a name is 1 to 63 letters, digits, dots, dashes or underscores and starts with a letter or digit',
    }),
  })

const concurrent = z.strictObject({
  index: about('The index file (`SecAuditLog`). Without it the storage folder is walked.', path().optional()),
  storage: about('The folder with one file per transaction (`SecAuditLogStorageDir`).', path()),
})

/** Exactly one of `file`, `concurrent`, `stdin`. */
const source = z
  .strictObject({
    file: about(
      'Log files of the serial format: a path, a pattern such as `/var/log/modsec/*.log`, or a list of them.',
      z.union([path(), z.array(path()).min(1)]).optional(),
    ),
    concurrent: about('A log of the concurrent format: one file per transaction.', concurrent.optional()),
    stdin: about('`true` reads standard input.', z.literal(true).optional()),
    format: about('The format of the records.', z.enum(FORMATS).default('auto')),
  })
  .transform((value, context): SourceConfig => {
    const chosen = [value.file, value.concurrent, value.stdin].filter((kind) => kind !== undefined).length
    if (chosen !== 1) {
      context.issues.push({
        code: 'custom',
        message: chosen === 0 ? 'this source says nothing to read' : 'this source names more than one thing to read',
        params: { remedy: 'Give exactly one of file, concurrent or stdin; use one list entry per source.' },
        input: value,
      })
      return z.NEVER
    }
    if (value.file !== undefined)
      return { kind: 'file', paths: typeof value.file === 'string' ? [value.file] : value.file, format: value.format }
    if (value.concurrent)
      return {
        kind: 'concurrent',
        storage: value.concurrent.storage,
        ...(value.concurrent.index === undefined ? {} : { index: value.concurrent.index }),
        format: value.format,
      }
    return { kind: 'stdin', format: value.format }
  })

export type SourceConfig =
  | { readonly kind: 'file'; readonly paths: readonly string[]; readonly format: FormatChoice }
  | { readonly kind: 'concurrent'; readonly index?: string; readonly storage: string; readonly format: FormatChoice }
  | { readonly kind: 'stdin'; readonly format: FormatChoice }

const CLIENT_HEADERS = ['auto', 'x-forwarded-for', 'forwarded', 'x-real-ip', 'none'] as const

const canary = z.strictObject({
  url: about(
    'The site to ask, through its WAF: `https://shop.example.net/`. The request goes below this path.',
    z.url({ protocol: /^https?$/ }).refine((url) => /^https?:\/\/[^@?#]+$/.test(url), {
      error: 'a canary goes to an http or https address without user name, query or fragment',
    }),
  ),
  address: about(
    'Where to connect instead of asking DNS, past a CDN for example: `192.0.2.10:443`.',
    endpoint().optional(),
  ),
  every: about(
    'How often.',
    duration()
      .refine((every) => every >= 10 * SECOND, { error: 'at most one canary every 10 s' })
      .prefault('1m'),
  ),
})

const sensor = z.strictObject({
  id: about('Name of this WAF; part of every event id, so do not change it later.', name()),
  host: about('Machine or site that this WAF serves, shown to people only.', z.string().optional()),
  sources: about('What to read.', z.array(source).min(1)),
  trustedProxies: about(
    'Networks of the load balancers and CDNs in front of this WAF. Only what they say about the client is believed, and they are never banned.',
    z.array(cidr()).default([]),
  ),
  clientHeader: about(
    'The header in which the trusted proxies name the client; `auto` takes the first that is there, `none` never looks.',
    z.enum(CLIENT_HEADERS).default('auto'),
  ),
  timezone: about('Zone of log times that carry none.', timezone().prefault('UTC')),
  canary: about(
    'Opt-in: asks the site every minute for something that its WAF takes for an attack, signed and harmless, and measures the way from the log to every enforcement point. Its bans are on addresses of 192.0.2.0/24, which nobody has.',
    canary.optional(),
  ),
  lineLimit: about(
    'Bytes of one record that are kept; the rest is read past and counted.',
    size(4096, '4KiB').prefault('1MiB'),
  ),
})

const weight = (level: keyof typeof DEFAULT_WEIGHTS) =>
  about(`Points of a matched rule of severity ${level}.`, z.number().min(0).max(1000).default(DEFAULT_WEIGHTS[level]))

const threshold = (level: keyof typeof THRESHOLDS, done: string) =>
  about(
    `Sum of evidence, in natural-log units, from which an address is ${done}.`,
    z.number().min(-20).max(100).default(THRESHOLDS[level]),
  )

const allow = z
  .union([
    z.string().min(1),
    z.strictObject({
      value: about('Address, network, or host name that the address must resolve to and back.', z.string().min(1)),
      reason: about('Why, shown wherever the entry spares somebody.', z.string().default('configured')),
    }),
  ])
  .transform((entry) => (typeof entry === 'string' ? { value: entry, reason: 'configured' } : entry))

const lasting = (fallback: string, type: string) =>
  about(`How long a ${type} lasts when its scenario does not say.`, duration().prefault(fallback))

export const configSchema = z.strictObject({
  state: about(
    'Where events, decisions and read positions are kept: a file, or a PostgreSQL URL for several daemons. `state_file` names a file that holds it.',
    stateUrl().prefault('riposte.db'),
  ),
  sensors: about('The WAFs whose logs are read.', z.array(sensor).default([])),
  redaction: about(
    'What is blotted out before anything is stored.',
    z
      .strictObject({
        enabled: about('Keep it on: logs hold passwords, session cookies and card numbers.', z.boolean().default(true)),
        extraNames: about(
          'More parameter, header or cookie names whose values are secret.',
          z.array(z.string().min(1)).default([]),
        ),
        keepNames: about('Names that look secret here and are not.', z.array(z.string().min(1)).default([])),
      })
      .prefault({}),
  ),
  classify: about(
    'How transactions are scored.',
    z
      .strictObject({
        weights: about(
          'Points per matched rule, by the severity that the rule states; their sum is the threat score.',
          z
            .strictObject({
              emergency: weight('EMERGENCY'),
              alert: weight('ALERT'),
              critical: weight('CRITICAL'),
              error: weight('ERROR'),
              warning: weight('WARNING'),
              notice: weight('NOTICE'),
            })
            .prefault({}),
        ),
      })
      .prefault({}),
  ),
  scenarios: about(
    'The behaviours that raise alerts.',
    z
      .strictObject({
        path: about('A folder of your own scenarios, added to the shipped ones.', path().optional()),
        disabled: about('Names of scenarios that are not used.', z.array(z.string().min(1)).default([])),
        shadow: about(
          'Names of scenarios whose decisions are kept and shown but not enforced.',
          z.array(z.string().min(1)).default([]),
        ),
      })
      .prefault({}),
  ),
  evidence: about(
    'How much evidence an act needs. Lower a threshold only after a replay has shown whom that would hit.',
    z
      .strictObject({
        watch: threshold('watch', 'watched'),
        throttle: threshold('throttle', 'throttled'),
        ban: threshold('ban', 'banned'),
      })
      .prefault({}),
  ),
  decide: about(
    'What becomes of alerts.',
    z
      .strictObject({
        shadow: about('Decide everything, enforce nothing.', z.boolean().default(false)),
        own: about(
          'Addresses and networks of your own that must never be banned, besides private and special ranges.',
          z.array(cidr()).default([]),
        ),
        allowlist: about(
          'Whom no decision may touch; more can be added with `riposte allowlists add`.',
          z.array(allow).default([]),
        ),
        budget: about(
          'The emergency brake: more bans than this freeze automatic banning until a person looks.',
          z
            .strictObject({
              perMinute: about('Bans in one minute of log time.', z.int().min(1).default(DEFAULT_BUDGET.perMinute)),
              shareOfClients: about(
                'Bans within an hour as a share of the clients seen in it.',
                z.number().gt(0).max(1).default(DEFAULT_BUDGET.share),
              ),
            })
            .prefault({}),
        ),
        cooloff: about(
          'After a person lifted a ban, how long no weaker evidence than proof bans again.',
          duration().prefault('1h'),
        ),
        ladder: about(
          'Least lengths of the first, the second and all further bans of the same address.',
          z.array(duration()).min(1).prefault(['4h', '24h', '7d']),
        ),
        durations: about(
          'Lengths of the weaker remedies where the scenario does not say.',
          z
            .strictObject({
              watch: lasting('1h', 'watch'),
              throttle: lasting('1h', 'throttle'),
              captcha: lasting('1h', 'captcha'),
            })
            .prefault({}),
        ),
      })
      .prefault({}),
  ),
  enforce: about('The points that carry decisions out: one entry each.', z.array(enforcePoint).default([])),
  connectors: about('The outside systems that playbooks act on: one entry each.', z.array(connectorEntry).default([])),
  playbooks: about(
    'What is done about attacks beyond decisions: tickets, messages, look-ups, approvals.',
    z
      .strictObject({
        enabled: about('`false`: no playbook starts, shipped or own.', z.boolean().default(true)),
        path: about(
          'A folder of your own playbooks, added to the shipped ones; one of the same name takes its place.',
          path().optional(),
        ),
        disabled: about('Names of playbooks that start nothing.', z.array(z.string().min(1)).default([])),
        vars: about(
          'Other values for variables of playbooks: by playbook, then by variable.',
          z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
        ),
        tlp: about('How what they hand out is classified (Traffic Light Protocol).', z.enum(TLP).default('amber')),
        link: about(
          'Address of this Riposte for people, put into tickets and messages: `https://riposte.example.net`.',
          serverUrl().optional(),
        ),
        reports: about('A folder for the reports of incidents, a page each.', path().optional()),
        keep: about('How long runs that are over are kept.', duration().prefault('14d')),
        concurrent: about('Runs that are worked on at a time.', z.int().min(1).max(1000).default(64)),
      })
      .prefault({}),
  ),
  http: about(
    'What others fetch from the daemon: decisions for bouncers, the gate for web servers, health.',
    z
      .strictObject({
        listen: about(
          'Where to listen: `127.0.0.1:8080`, or `unix:/run/riposte/http.sock`. Nothing listens when the list is empty.',
          z.array(httpListen()).default([]),
        ),
        callbacks: about(
          'Who may post decisions to `/api/callback/…`: a SOAR, a ticket system, a script.',
          z
            .array(
              z.strictObject({
                name: about('By which the audit trail names it: `callback:<name>`.', name()),
                token: about('Bearer token that it shows; at least 20 characters.', secret()),
                may: about('What it may do.', z.array(z.enum(SCOPES)).min(1)),
              }),
            )
            .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, {
              error: 'two callbacks have the same name',
            })
            .refine((list) => list.every(({ token }) => token.reveal().length >= 20), {
              error: 'a token must have at least 20 characters: openssl rand -hex 32 makes one',
            })
            .default([]),
        ),
        webhook: about(
          'Receives what other WAFs post to `/api/webhook/modsecurity`: it becomes events of a sensor called `webhook`.',
          z
            .strictObject({
              token: about('Bearer token that senders show.', secret().optional()),
              signing: about(
                'Secret of senders that sign after Standard Webhooks, `whsec_…`.',
                signingSecret().optional(),
              ),
              spool: about(
                'Where it lies until it is read; beside the state unless that is a server.',
                path().optional(),
              ),
            })
            .refine(({ token, signing }) => token !== undefined || signing !== undefined, {
              error: 'give token or signing: nobody may post without',
            })
            .optional(),
        ),
      })
      .prefault({}),
  ),
  retention: about(
    'How long events are kept. What an active decision cites always stays.',
    z
      .strictObject({
        maxAge: about('Events older than this are dropped.', duration().prefault('30d')),
        maxBytes: about('Beyond this size the oldest events are dropped.', size(1e6, '1MB').prefault('2GB')),
      })
      .prefault({}),
  ),
  log: about(
    "The daemon's own log.",
    z
      .strictObject({
        level: about(
          'Least level that is written.',
          z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
        ),
      })
      .prefault({}),
  ),
})

export type Config = z.output<typeof configSchema>
export type SensorConfig = Config['sensors'][number]
