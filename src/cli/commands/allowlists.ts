import { parseCidr } from '../../core/ip.ts'
import type { Millis } from '../../core/time.ts'
import { installationOptions, jsonOption, toDuration } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { paletteFor } from '../ui/colour.ts'
import { usage } from '../ui/errors.ts'
import { allowJson, printJson } from '../ui/json.ts'
import { table } from '../ui/table.ts'
import { clock, relative } from '../ui/time.ts'
import { carryOut, readStore } from '../with-store.ts'

interface Place {
  config?: string
  state?: string
  json?: boolean
}

const HOST = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]*$/

/** What kind of entry a typed value is, in canonical form. Throws USAGE. */
export const allowSubject = (text: string): { readonly value: string; readonly kind: 'ip' | 'range' | 'host' } => {
  const cidr = parseCidr(text)
  if (cidr) {
    if (cidr.bits === 0) throw usage(`${text} is every address there is`, 'Name the networks that are yours.')
    return { value: cidr.text, kind: cidr.text.includes('/') ? 'range' : 'ip' }
  }
  const host = text.toLowerCase().replace(/^\*?\.|\.$/g, '')
  if (!HOST.test(host))
    throw usage(
      `${JSON.stringify(text)} is no address, network or host name`,
      'Write 192.0.2.7, 192.0.2.0/24 or crawl.example.com.',
    )
  return { value: host, kind: 'host' }
}

export const register: Register = (program, deps) => {
  const { io } = deps
  const allowlists = program.command('allowlists').description('Whom no decision may touch.')

  installationOptions(allowlists.command('list', { isDefault: true }).description('All entries.'))
    .addOption(jsonOption())
    .action(async (options: Place) => {
      const found = await readStore(deps, options, (archive) => archive.allowlist())
      if (options.json) return printJson(io, found.map(allowJson))
      if (found.length === 0) return void io.out.write('the allowlist is empty\n')
      const c = paletteFor(io.out, io.env)
      const now = io.now()
      const columns = [
        { header: 'VALUE', min: 24 },
        { header: 'KIND' },
        { header: 'ENDS' },
        { header: 'ADDED (UTC)', drop: 1 },
        { header: 'BY', min: 6 },
        { header: 'REASON', min: 12 },
      ]
      const rows = found.map((entry) => [
        entry.value,
        entry.kind,
        entry.expiresAt === undefined ? 'never' : relative(entry.expiresAt, now),
        { text: clock(entry.addedAt), paint: c.dim },
        entry.addedBy,
        entry.reason,
      ])
      io.out.write(`${table(columns, rows, { width: widthOf(io.out), colours: c }).join('\n')}\n`)
    })

  installationOptions(
    allowlists.command('add').description('Spare somebody from now on; active decisions about them are lifted.'),
  )
    .argument('<address-network-or-host>', 'whom')
    .requiredOption('-r, --reason <text>', 'why; shown wherever the entry spares somebody')
    .option('-d, --duration <time>', 'for how long; without it for good', toDuration)
    .addOption(jsonOption())
    .action(async (text: string, options: Place & { reason: string; duration?: Millis }) => {
      const entry = {
        ...allowSubject(text),
        reason: options.reason,
        ...(options.duration === undefined ? {} : { expiresAt: io.now() + options.duration }),
      }
      const answer = await carryOut(deps, options, { kind: 'allow.add', entry })
      if (options.json) printJson(io, { ok: true, text: answer })
      else io.out.write(`${answer}\n`)
    })

  installationOptions(allowlists.command('remove').description('Take an entry away.'))
    .argument('<address-network-or-host>', 'whom')
    .addOption(jsonOption())
    .action(async (text: string, options: Place) => {
      const answer = await carryOut(deps, options, { kind: 'allow.remove', value: allowSubject(text).value })
      if (options.json) printJson(io, { ok: true, text: answer })
      else io.out.write(`${answer}\n`)
    })
}
