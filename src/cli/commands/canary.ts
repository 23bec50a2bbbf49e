import { canarySensors } from '../../app/canary-sensors.ts'
import type { Decision } from '../../core/decision.ts'
import type { Finding } from '../../core/finding.ts'
import { iso } from '../../core/time.ts'
import type { Proof } from '../../kit/store.ts'
import { installationOptions, jsonOption } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { installed } from '../settings.ts'
import { paletteFor } from '../ui/colour.ts'
import { EXIT_FOUND } from '../ui/errors.ts'
import { findingLines } from '../ui/finding-lines.ts'
import { findingJson, printJson } from '../ui/json.ts'
import { table } from '../ui/table.ts'
import { relative } from '../ui/time.ts'
import { readStore } from '../with-store.ts'

interface Measured {
  readonly sensor: string
  readonly decision?: Decision
  readonly proofs: readonly Proof[]
}

const steps = ({ decision, proofs }: Measured) =>
  proofs
    .filter((proof) => proof.act === 'block')
    .map(({ point, requestedAt, appliedAt, verifiedAt }) => {
      const since = (at: number | undefined) => (at === undefined ? undefined : at - decision!.startsAt)
      return { point, decided: since(requestedAt), applied: since(appliedAt), verified: since(verifiedAt) }
    })

const shown = (millis: number | undefined): string =>
  millis === undefined ? '-' : millis < 10_000 ? `${millis} ms` : `${(millis / 1000).toFixed(1)} s`

export const register: Register = (program, deps, exit) => {
  const { io } = deps
  installationOptions(
    program
      .command('canary')
      .description('How long the last canary of each sensor took to every point. Exit code 1 when a link is silent.'),
  )
    .addOption(jsonOption())
    .action(async (options: { config?: string; state?: string; json?: boolean }) => {
      const { config } = installed(io, options)
      const sensors = canarySensors(config)
      const { measured, findings } = await readStore(deps, options, async (store) => {
        const measured: Measured[] = []
        for (const { id, address } of sensors) {
          const [decision] = await store.decisions({ value: address, limit: 1 })
          if (decision?.origin !== 'canary') measured.push({ sensor: id, proofs: [] })
          else measured.push({ sensor: id, decision, proofs: await store.proofs(decision.id) })
        }
        const open = (await store.findings()).filter(({ code, cleared }) => code.startsWith('canary.') && !cleared)
        return { measured, findings: open as readonly Finding[] }
      })
      if (findings.length > 0) exit(EXIT_FOUND)
      if (options.json)
        return printJson(io, {
          canaries: measured.map((one) => ({
            sensor: one.sensor,
            sentAt: one.decision ? iso(one.decision.startsAt) : null,
            points: steps(one).map(({ point, ...millis }) => ({ point, millis })),
          })),
          findings: findings.map(findingJson),
        })
      if (sensors.length === 0)
        return void io.out.write('no sensor has a canary: see sensors[].canary in docs/spec/config.md\n')
      const c = paletteFor(io.out, io.env)
      const rows = measured.flatMap((one) => {
        const sent = one.decision ? relative(one.decision.startsAt, io.now()) : 'not yet'
        const [first = { point: '-', decided: undefined, applied: undefined, verified: undefined }, ...rest] =
          steps(one)
        const row = (head: string, when: string, step: typeof first) => [
          head,
          when,
          head === '' ? '' : shown(step.decided),
          step.point,
          shown(step.applied),
          { text: shown(step.verified), paint: step.verified === undefined ? c.dim : c.green },
        ]
        return [row(one.sensor, sent, first), ...rest.map((step) => row('', '', step))]
      })
      const columns = [
        { header: 'SENSOR', min: 6 },
        { header: 'SENT' },
        { header: 'DECIDED', align: 'right' as const },
        { header: 'POINT', min: 8 },
        { header: 'APPLIED', align: 'right' as const },
        { header: 'VERIFIED', align: 'right' as const },
      ]
      for (const line of table(columns, rows, { width: widthOf(io.out), colours: c })) io.out.write(`${line}\n`)
      for (const line of findingLines(findings, { colours: c, width: widthOf(io.out) })) io.out.write(`${line}\n`)
    })
}
