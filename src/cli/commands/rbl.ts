import { Option } from 'commander'
import type { Asked, ListAnswer } from '../../app/ask-lists.ts'
import { ZONE_FORMATS, type ZoneFormat } from '../../app/exchange/zone-formats.ts'
import { REMEDIATIONS, type Remediation } from '../../core/decision.ts'
import { MINUTE, type Millis } from '../../core/time.ts'
import type { Endpoint } from '../../kit/scalars.ts'
import { configOption, installationOptions, jsonOption, toDomain, toDuration, toEndpoint, toIp } from '../arguments.ts'
import { type Io, widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { findConfig, installed } from '../settings.ts'
import { type Palette, paletteFor } from '../ui/colour.ts'
import { EXIT_FOUND, usage } from '../ui/errors.ts'
import { printJson } from '../ui/json.ts'
import { plural } from '../ui/number.ts'
import { printable } from '../ui/printable.ts'
import { table } from '../ui/table.ts'
import { readStore } from '../with-store.ts'

interface Place {
  config?: string
  state?: string
}

interface ExportOptions extends Place {
  format: ZoneFormat
  type: readonly Remediation[]
  zone?: string
  nameServer: string
  ttl: Millis
  out?: string
}

interface QueryOptions {
  config?: string
  zone?: string
  server?: Endpoint
  json?: boolean
}

export const register: Register = (program, deps, exit) => {
  const { io } = deps
  const rbl = program
    .command('rbl')
    .description('The list by DNS: ask it as a WAF would, or write it for another server.')

  rbl
    .command('query')
    .description('What every DNS list of the configuration says of an address. Exit code 1 when one does not answer.')
    .addOption(configOption())
    .argument('<address>', 'whom to ask about', toIp)
    .option('-z, --zone <zone>', 'only this zone, which may be a list of others', toDomain)
    .option('-s, --server <address:port>', 'ask there (say, the resolver that your WAF asks)', toEndpoint)
    .addOption(jsonOption())
    .action(async (ip: string, options: QueryOptions) => {
      const { askLists } = await import('../../app/ask-lists.ts')
      const answers = await askLists(ip, await whomToAsk(io, options))
      if (answers.some(({ state }) => state === 'silent' || state === 'refused')) exit(EXIT_FOUND)
      if (options.json) return printJson(io, answers.map(answerJson))
      for (const line of answerLines(answers, widthOf(io.out), paletteFor(io.out, io.env))) io.out.write(`${line}\n`)
    })

  installationOptions(rbl.command('export').description('The list as a file for a name server of yours, as of now.'))
    .addOption(new Option('-f, --format <format>', 'form of the file').choices(ZONE_FORMATS).default('bind'))
    .addOption(new Option('-t, --type <type...>', 'whom it lists').choices(REMEDIATIONS).default(['ban']))
    .option(
      '-z, --zone <zone>',
      'for bind and rpz: its name (else it is the one that the file is loaded for)',
      toDomain,
    )
    .option('--name-server <name>', 'its NS and SOA name', toDomain, 'localhost')
    .addOption(
      new Option('--ttl <time>', 'longest time that resolvers keep a hit').argParser(toDuration).default(MINUTE, '60s'),
    )
    .option('-o, --out <file>', 'write there, whole or not at all, instead of to standard output')
    .action(async ({ format, type: types, zone, nameServer, ttl, out, ...place }: ExportOptions) => {
      const { exportZone } = await import('../../app/exchange/export-zone.ts')
      const { gateFor } = await import('../../app/spared.ts')
      const { beginningOf, openOutFile } = await import('../../app/exchange/out-file.ts')
      const { config } = installed(io, place)
      const now = io.now()
      const file = out === undefined ? undefined : openOutFile(out)
      const write = file ? file.write : (text: string) => void io.out.write(text)
      try {
        const before = out === undefined ? '' : beginningOf(out)
        const seconds = Math.max(1, Math.floor(ttl / 1000))
        const head = { nameServer, ttl: seconds, negativeTtl: Math.min(5, seconds), ...(zone && { zone }) }
        const { written, withheld } = await readStore(deps, place, async (store) =>
          exportZone(
            store,
            gateFor(config, await store.allowlist(), now),
            { ...head, types, format, before },
            now,
            write,
          ),
        )
        file?.commit()
        if (out !== undefined) io.out.write(`${plural(written, 'entry', 'entries')} in ${printable(out)}\n`)
        if (withheld > 0)
          io.err.write(
            `${plural(withheld, 'decision')} held back: allowlisted, our own, special, or too wide for a zone\n`,
          )
      } finally {
        file?.abandon()
      }
    })
}

/** A zone that is named is asked where it is known to be, and through the resolver of this machine otherwise. */
const whomToAsk = async (io: Io, { zone, server, config }: QueryOptions): Promise<readonly Asked[]> => {
  const { listsOf, systemResolver } = await import('../../app/ask-lists.ts')
  const hasConfig = findConfig(io, config) !== undefined
  const ours = hasConfig ? listsOf(installed(io, { ...(config && { config }) }).config.enforce) : []
  const wanted = ours.filter(({ place }) => zone === undefined || place.zone === zone)
  if (wanted.length > 0)
    return server ? wanted.map((asked) => ({ ...asked, place: { ...asked.place, server } })) : wanted
  if (zone === undefined)
    throw usage(
      `no DNS list in the configuration${hasConfig ? '' : ', for there is none'}`,
      'Give --zone ZONE, or --config FILE with rbl, bind or rbldnsd under enforce:.',
    )
  return [{ place: { zone, server: server ?? systemResolver(), purpose: 'ban' } }]
}

const serverText = ({ host, port }: Endpoint): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

const answerJson = (answer: ListAnswer) => ({
  point: answer.point ?? null,
  zone: answer.place.zone,
  purpose: answer.place.purpose,
  server: serverText(answer.place.server),
  name: answer.name,
  state: answer.state,
  rcode: answer.rcode ?? null,
  addresses: answer.addresses,
  class: answer.class ?? null,
  texts: answer.texts,
  ttl: answer.ttl ?? null,
})

const WORDS = {
  listed: 'listed',
  open: 'not listed',
  silent: 'no answer',
  refused: 'refused',
  unasked: 'no IPv6',
} as const

const answerLines = (answers: readonly ListAnswer[], width: number | undefined, c: Palette): readonly string[] => {
  const paint = { listed: c.red, open: c.green, silent: c.alarm, refused: c.alarm, unasked: c.dim }
  const columns = [
    { header: 'ZONE', min: 12 },
    { header: 'POINT', drop: 2 },
    { header: 'SERVER', drop: 1 },
    { header: 'ANSWER' },
    { header: 'CODE' },
    { header: 'CLASS', drop: 3 },
    { header: 'TEXT', min: 16 },
    { header: 'TTL', align: 'right' as const },
  ]
  const rows = answers.map(({ place, point, state, rcode, addresses, texts, ttl, class: attackClass }) => [
    place.zone,
    point ?? '-',
    serverText(place.server),
    { text: state === 'refused' ? `${WORDS.refused} (${rcode})` : WORDS[state], paint: paint[state] },
    addresses.join(' ') || '-',
    attackClass ?? '-',
    texts.join(' ') || '-',
    ttl === undefined ? '-' : `${ttl} s`,
  ])
  return table(columns, rows, { width, colours: c })
}
