import { hash, randomBytes } from 'node:crypto'
import { Failure } from '../../core/failure.ts'
import { installationOptions, jsonOption } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { installed } from '../settings.ts'
import { paletteFor } from '../ui/colour.ts'
import { usage } from '../ui/errors.ts'
import { bouncerJson, printJson } from '../ui/json.ts'
import { table } from '../ui/table.ts'
import { relative } from '../ui/time.ts'
import { readStore } from '../with-store.ts'

interface Place {
  config?: string
  state?: string
  json?: boolean
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

export const register: Register = (program, deps) => {
  const { io } = deps
  const bouncers = program
    .command('bouncers')
    .description('Who may fetch decisions: every bouncer that speaks the CrowdSec protocol.')

  installationOptions(
    bouncers.command('list', { isDefault: true }).description('All of them, and when they last asked.'),
  )
    .addOption(jsonOption())
    .action(async (options: Place) => {
      const { found, points } = await readStore(deps, options, async (store) => ({
        found: await store.bouncers(),
        points: await store.points(),
      }))
      if (options.json) return printJson(io, found.map(bouncerJson))
      if (found.length === 0) return void io.out.write('no bouncer: riposte bouncers add NAME makes a key for one\n')
      const now = io.now()
      const dropped = (metrics: string | undefined): string => {
        const items = JSON.parse(metrics ?? '[]') as readonly { name: string; value: number; unit?: string }[]
        const sum = items.filter((item) => item.name === 'dropped').reduce((total, item) => total + item.value, 0)
        return sum > 0 ? String(sum) : '-'
      }
      const columns = [
        { header: 'NAME', min: 8 },
        { header: 'TYPE', min: 8 },
        { header: 'VERSION', drop: 2 },
        { header: 'ADDRESS', drop: 1 },
        { header: 'LAST ASKED' },
        { header: 'WITHHELD', align: 'right' as const },
        { header: 'DROPPED', align: 'right' as const },
      ]
      const withheldFrom = (name: string): number =>
        points.find((point) => point.name === `bouncer:${name}`)?.withheld ?? 0
      const rows = found.map((b) => [
        b.name,
        b.type ?? '-',
        b.version ?? '-',
        b.address ?? '-',
        b.pulledAt === undefined ? 'never' : relative(b.pulledAt, now),
        withheldFrom(b.name),
        dropped(b.metrics),
      ])
      io.out.write(
        `${table(columns, rows, { width: widthOf(io.out), colours: paletteFor(io.out, io.env) }).join('\n')}\n`,
      )
      if (found.some((b) => withheldFrom(b.name) > 0))
        io.out.write(
          'withheld: networks, for a client that blocks single addresses only; enforce them at another point, too (docs/enforcement.md)\n',
        )
    })

  installationOptions(
    bouncers.command('add').description('Make a key for one; it is shown once and kept only as a hash.'),
  )
    .argument('<name>', 'what to call it')
    .addOption(jsonOption())
    .action(async (name: string, options: Place) => {
      if (!NAME.test(name))
        throw usage(`${JSON.stringify(name)} is no name`, 'Write letters, digits, dots, dashes and underscores.')
      const key = randomBytes(32).toString('base64url')
      await withStore(options, async (store) => {
        if ((await store.bouncers()).some((b) => b.name === name))
          throw new Failure('REFUSED', `there is a bouncer called ${name} already`, {
            remedy: `Choose another name, or riposte bouncers remove ${name} first.`,
          })
        await store.putBouncers([{ name, keyHash: hash('sha512', key, 'hex'), addedAt: io.now() }])
      })
      if (options.json) return printJson(io, { name, key })
      io.out.write(`${key}\n`)
      io.err.write(`That is the key of ${name}; it is not shown again. Give it to the bouncer as its api_key.\n`)
    })

  installationOptions(bouncers.command('remove').description('Its key stops working within a second.'))
    .argument('<name>', 'which')
    .addOption(jsonOption())
    .action(async (name: string, options: Place) => {
      const gone = await withStore(options, (store) => store.removeBouncer(name))
      if (!gone)
        throw new Failure('NOT_FOUND', `no bouncer is called ${name}`, { remedy: 'See riposte bouncers list.' })
      if (options.json) printJson(io, { ok: true, name })
      else io.out.write(`${name} removed\n`)
    })

  const withStore = async <T>(
    options: Place,
    work: (store: Awaited<ReturnType<typeof deps.openStore>>) => Promise<T>,
  ) => {
    const { config } = installed(io, options)
    const store = await deps.openStore(config.state.reveal(), { create: true })
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  }
}
