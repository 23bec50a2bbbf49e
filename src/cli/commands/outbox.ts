import { Failure } from '../../core/failure.ts'
import { iso } from '../../core/time.ts'
import type { Queued } from '../../kit/store.ts'
import { installationOptions, jsonOption, toLimit } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { paletteFor } from '../ui/colour.ts'
import { usage } from '../ui/errors.ts'
import { jsonText, printJson } from '../ui/json.ts'
import { printable } from '../ui/printable.ts'
import { table } from '../ui/table.ts'
import { relative } from '../ui/time.ts'
import { withStore } from '../with-store.ts'

interface Place {
  config?: string
  state?: string
  json?: boolean
}

const queuedJson = (queued: Queued) => ({ ...queued, at: iso(queued.at), changedAt: iso(queued.changedAt) })

export const register: Register = (program, deps) => {
  const { io } = deps
  const outbox = program.command('outbox').description('What playbooks have to answer: waiting, running, dead.')

  installationOptions(outbox.command('list', { isDefault: true }).description('The oldest first.'))
    .option('--dead', 'only what failed and waits for a person')
    .option('--limit <count>', 'how many', toLimit, 100)
    .addOption(jsonOption())
    .action(async (options: Place & { dead?: boolean; limit: number }) => {
      const query = { ...(options.dead ? { state: 'dead' as const } : {}), limit: options.limit }
      const found = await withStore(deps, options, (store) => store.queued(query))
      if (options.json) return printJson(io, found.map(queuedJson))
      if (found.length === 0) return void io.out.write(`nothing is ${options.dead ? 'dead' : 'waiting'}\n`)
      const c = paletteFor(io.out, io.env)
      const paint = { waiting: c.dim, running: c.yellow, dead: c.alarm }
      const columns = [
        { header: 'NUMBER', align: 'right' as const },
        { header: 'PLAYBOOK', min: 10 },
        { header: 'STATE' },
        { header: 'TRIGGER', drop: 2 },
        { header: 'ABOUT', min: 8 },
        { header: 'MERGED', align: 'right' as const, drop: 3 },
        { header: 'SINCE' },
        { header: 'NOTE', min: 12, drop: 1 },
      ]
      const rows = found.map((one) => [
        one.number,
        one.playbook,
        { text: one.state, paint: paint[one.state] },
        one.trigger.kind,
        printable(one.trigger.subject || one.about),
        one.merged,
        relative(one.at, io.now()),
        printable(one.trouble ?? ''),
      ])
      io.out.write(`${table(columns, rows, { width: widthOf(io.out), colours: c }).join('\n')}\n`)
    })

  installationOptions(outbox.command('show').description('One entry, whole.'))
    .argument('<number>', 'which')
    .addOption(jsonOption())
    .action(async (text: string, options: Place) => {
      const found = await withStore(deps, options, (store) => one(store, text))
      io.out.write(`${jsonText(queuedJson(found))}\n`)
    })

  installationOptions(
    outbox
      .command('replay')
      .description('Have dead ones answered again, from the step that failed; --from-start from the first.'),
  )
    .argument('<number...>', 'which')
    .option('--from-start', 'forget what the run did')
    .option('--with <json>', 'keys of the trigger to change, e.g. {"subject": "203.0.113.9"}')
    .addOption(jsonOption())
    .action(async (texts: string[], options: Place & { fromStart?: boolean; with?: string }) => {
      const changes = changesOf(options.with)
      const numbers = await withStore(deps, options, async (store) => {
        const found = await Promise.all(texts.map((text) => one(store, text)))
        const alive = found.find(({ state }) => state !== 'dead')
        if (alive)
          throw new Failure('REFUSED', `${alive.number} is ${alive.state}, not dead`, {
            remedy: 'Wait, or cancel its run.',
          })
        await store.requeue(
          found.map(({ run, trouble: _, ...rest }) => ({
            ...rest,
            state: 'waiting' as const,
            changedAt: io.now(),
            trigger: { ...rest.trigger, ...changes },
            ...(options.fromStart || run === undefined ? {} : { run }),
          })),
        )
        return found.map(({ number }) => number)
      })
      if (options.json) printJson(io, { ok: true, numbers })
      else io.out.write(`${numbers.length} will be answered again\n`)
    })

  installationOptions(outbox.command('drop').description('Forget dead or waiting ones.'))
    .argument('<number...>', 'which')
    .addOption(jsonOption())
    .action(async (texts: string[], options: Place) => {
      const gone = await withStore(deps, options, async (store) => {
        const found = await Promise.all(texts.map((text) => one(store, text)))
        const running = found.find(({ state }) => state === 'running')
        if (running)
          throw new Failure('REFUSED', `${running.number} is running`, {
            remedy: 'Cancel its run first: riposte runs cancel.',
          })
        return store.dequeue(found.map(({ number }) => number))
      })
      if (options.json) printJson(io, { ok: true, dropped: gone })
      else io.out.write(`${gone} dropped\n`)
    })

  const one = async (
    store: { queued(query: { number: number; limit: number }): Promise<readonly Queued[]> },
    text: string,
  ): Promise<Queued> => {
    if (!/^\d{1,15}$/.test(text)) throw usage(`${JSON.stringify(text)} is no number`, 'See riposte outbox list.')
    const [found] = await store.queued({ number: Number(text), limit: 1 })
    if (found) return found
    throw new Failure('NOT_FOUND', `nothing has the number ${text}`, { remedy: 'See riposte outbox list.' })
  }
}

const changesOf = (text: string | undefined): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw usage('--with is no JSON object', 'Write for example \'{"subject": "203.0.113.9"}\'.')
}
