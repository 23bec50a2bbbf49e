import type { RunEngine, RunView, StepView } from '../../app/respond-desk.ts'
import { Failure } from '../../core/failure.ts'
import { iso } from '../../core/time.ts'
import { installationOptions, jsonOption, toLimit } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { installed } from '../settings.ts'
import { paletteFor } from '../ui/colour.ts'
import { printJson } from '../ui/json.ts'
import { printable } from '../ui/printable.ts'
import { table } from '../ui/table.ts'
import { relative } from '../ui/time.ts'
import { withStore } from '../with-store.ts'

interface Place {
  config?: string
  state?: string
  json?: boolean
}

const runJson = ({ id, state, input, startedAt, endedAt, why, step, skipped }: RunView) => ({
  ...{
    id,
    state,
    playbook: input.playbook,
    version: input.version,
    trigger: input.trigger,
    case: input.case?.id ?? null,
  },
  startedAt: iso(startedAt),
  ...(endedAt === undefined ? {} : { endedAt: iso(endedAt) }),
  ...(why === undefined ? {} : { why }),
  ...(step === undefined ? {} : { step }),
  skipped,
})

/** Most are skipped for want of a connector: those are said in one line. */
const skippedLines = (skipped: RunView['skipped']): readonly string[] => {
  const absent = Object.entries(skipped).filter(([, why]) => why.startsWith('no connector'))
  const others = Object.entries(skipped).filter(([, why]) => !why.startsWith('no connector'))
  return [
    ...(absent.length === 0 ? [] : [`skipped, no connector configured: ${absent.map(([step]) => step).join(', ')}`]),
    ...others.map(([step, why]) => printable(`skipped ${step}: ${why}`)),
  ]
}

const stepJson = ({ name, startedAt, endedAt, record, waitsUntil }: StepView) => ({
  name,
  startedAt: iso(startedAt),
  ...(endedAt === undefined ? {} : { endedAt: iso(endedAt) }),
  ...(waitsUntil === undefined ? {} : { waitsUntil: iso(waitsUntil) }),
  ...(record ? { record } : {}),
})

export const register: Register = (program, deps) => {
  const { io } = deps
  const runs = program.command('runs').description('Playbooks under way and done.')
  const desk = () => import('../../app/respond-desk.ts')

  installationOptions(runs.command('list', { isDefault: true }).description('The latest first.'))
    .option('--limit <count>', 'how many', toLimit, 50)
    .addOption(jsonOption())
    .action(async (options: Place & { limit: number }) => {
      const { config } = installed(io, options)
      const found = await (await desk()).withRuns(config, (engine) => engine.runs(options.limit))
      if (options.json) return printJson(io, found.map(runJson))
      if (found.length === 0) return void io.out.write('no playbook has run yet\n')
      const c = paletteFor(io.out, io.env)
      const paint = {
        waiting: c.dim,
        running: c.yellow,
        done: c.green,
        stopped: c.green,
        failed: c.alarm,
        cancelled: c.dim,
      }
      const columns = [
        { header: 'RUN', min: 8 },
        { header: 'PLAYBOOK' },
        { header: 'STATE' },
        { header: 'ABOUT', min: 10, drop: 3 },
        { header: 'STARTED', drop: 2 },
        { header: 'NOTE', min: 12, drop: 1 },
      ]
      const rows = found.map((run) => [
        run.id.slice(0, 8),
        run.input.playbook,
        { text: run.state, paint: paint[run.state] },
        run.input.trigger.subject,
        relative(run.startedAt, io.now()),
        printable([run.step, run.why].filter(Boolean).join(': ')),
      ])
      io.out.write(`${table(columns, rows, { width: widthOf(io.out), colours: c }).join('\n')}\n`)
    })

  installationOptions(runs.command('show').description('One run, step by step.'))
    .argument('<run>', 'its id, or the beginning of it')
    .addOption(jsonOption())
    .action(async (name: string, options: Place) => {
      const { run, steps, questions } = await withFound(options, name, async (run, engine) => ({
        run,
        steps: await engine.steps(run.id),
        questions: await withStore(deps, options, (store) => store.approvals({ run: run.id, limit: 100 })),
      }))
      if (options.json) return printJson(io, { ...runJson(run), steps: steps.map(stepJson), questions })
      const c = paletteFor(io.out, io.env)
      const paint = { done: c.green, skipped: c.dim, failed: c.alarm, retry: c.yellow }
      const head = [
        `${c.bold(run.input.playbook)} ${run.id}  ${run.state}`,
        `version ${run.input.version}, started ${relative(run.startedAt, io.now())} by ${run.input.trigger.kind}${run.input.case ? ` of ${run.input.case.id}` : ''}`,
        ...(run.why === undefined ? [] : [printable(`${run.step === undefined ? '' : `${run.step}: `}${run.why}`)]),
        ...skippedLines(run.skipped),
        ...questions.filter(({ outcome }) => !outcome).map(({ id, ask }) => `asks ${id}: ${printable(ask)}`),
        '',
      ]
      const columns = [
        { header: 'STEP', min: 10 },
        { header: 'STATE' },
        { header: 'TOOK', align: 'right' as const, drop: 1 },
        { header: 'NOTE', min: 20 },
      ]
      const rows = steps.map(({ name: step, record, startedAt, endedAt, waitsUntil }) => [
        step,
        record?.state ? { text: record.state, paint: paint[record.state] } : waitsUntil === undefined ? '' : 'waits',
        endedAt === undefined ? '' : `${endedAt - startedAt} ms`,
        printable(
          waitsUntil === undefined
            ? (record?.why ?? (record?.output === undefined ? '' : JSON.stringify(record.output)))
            : `until ${iso(waitsUntil)}`,
        ),
      ])
      io.out.write(`${[...head, ...table(columns, rows, { width: widthOf(io.out), colours: c })].join('\n')}\n`)
    })

  installationOptions(runs.command('cancel').description('End one where it is; what it did stays done.'))
    .argument('<run>', 'its id, or the beginning of it')
    .addOption(jsonOption())
    .action(async (name: string, options: Place) => {
      const id = await withFound(options, name, async (run, engine) => {
        if (run.state !== 'waiting' && run.state !== 'running')
          throw new Failure('REFUSED', `it is over (${run.state})`, { remedy: 'See riposte runs undo.' })
        await engine.cancel(run.id)
        return run.id
      })
      if (options.json) printJson(io, { ok: true, run: id })
      else io.out.write(`${id} cancelled\n`)
    })

  installationOptions(runs.command('retry').description('Go on with a failed one from the step that failed.'))
    .argument('<run>', 'its id, or the beginning of it')
    .addOption(jsonOption())
    .action(async (name: string, options: Place) => {
      const run = await withFound(options, name, async (run) => run)
      await withStore(deps, options, async (store) => {
        const dead = (await store.queued({ state: 'dead', limit: 10_000 })).find((queued) => queued.run === run.id)
        if (!dead)
          throw new Failure('REFUSED', `no dead letter is of this run (it is ${run.state})`, {
            remedy: 'See riposte outbox list.',
          })
        await store.requeue([{ ...dead, state: 'waiting', changedAt: io.now() }])
      })
      if (options.json) printJson(io, { ok: true, run: run.id })
      else io.out.write(`${run.id} goes on\n`)
    })

  installationOptions(runs.command('undo').description('Take back what one did, where it can be taken back.'))
    .argument('<run>', 'its id, or the beginning of it')
    .addOption(jsonOption())
    .action(async (name: string, options: Place) => {
      const run = await withFound(options, name, async (run) => run)
      await withStore(deps, options, (store) =>
        store.enqueue(
          [],
          [
            {
              playbook: run.input.playbook,
              about: `undo ${run.id}`,
              coalesce: true,
              trigger: { ...run.input.trigger, kind: 'manual', at: io.now(), data: { undo: run.id } },
            },
          ],
          io.now(),
        ),
      )
      if (options.json) printJson(io, { ok: true, run: run.id })
      else io.out.write(`the undo of ${run.id} is queued: riposte runs\n`)
    })

  const voting = (word: 'approve' | 'reject', description: string): void => {
    installationOptions(runs.command(word).description(description))
      .argument('[question]', 'its id; without one those that are open are listed')
      .addOption(jsonOption())
      .action(async (id: string | undefined, options: Place) => {
        if (id === undefined) {
          const open = await withStore(deps, options, (store) => store.approvals({ openAt: Date.now(), limit: 1000 }))
          if (options.json) return printJson(io, open)
          if (open.length === 0) return void io.out.write('nobody asks anything\n')
          for (const { id, ask, playbook, expiresAt } of open)
            io.out.write(`${id}  ${printable(ask)}  (${playbook}, until ${iso(expiresAt)})\n`)
          return
        }
        const approval = await withStore(deps, options, (store) =>
          store.vote(id, `cli:${io.user}`, word === 'approve', io.now()),
        )
        if (!approval)
          throw new Failure('REFUSED', `no open question ${id} waits for your answer`, {
            remedy:
              'It may be decided, expired, or answered by you already: riposte runs approve lists those that are open.',
          })
        const said = approval.outcome ?? `${approval.votes.length} of ${approval.quorum}`
        if (options.json) printJson(io, { ok: true, outcome: approval.outcome ?? null })
        else io.out.write(`${said}\n`)
      })
  }
  voting('approve', 'Say yes to a question that a run waits with.')
  voting('reject', 'Say no to it.')

  const withFound = async <T>(
    options: Place,
    name: string,
    work: (run: RunView, engine: RunEngine) => Promise<T>,
  ): Promise<T> => {
    const { config } = installed(io, options)
    const { findRun, withRuns } = await desk()
    return withRuns(config, async (engine) => work(await findRun(engine, name), engine))
  }
}
