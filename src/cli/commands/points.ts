import { installationOptions, jsonOption } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { paletteFor } from '../ui/colour.ts'
import { EXIT_FOUND } from '../ui/errors.ts'
import { pointJson, printJson } from '../ui/json.ts'
import { table } from '../ui/table.ts'
import { relative } from '../ui/time.ts'
import { readStore } from '../with-store.ts'

export const register: Register = (program, deps, exit) => {
  const { io } = deps
  installationOptions(
    program
      .command('points')
      .description('Where decisions are enforced, and whether they are. Exit code 1 when one is down.'),
  )
    .addOption(jsonOption())
    .action(async (options: { config?: string; state?: string; json?: boolean }) => {
      const points = await readStore(deps, options, (store) => store.points())
      if (points.some((point) => point.state === 'down')) exit(EXIT_FOUND)
      if (options.json) return printJson(io, points.map(pointJson))
      if (points.length === 0)
        return void io.out.write('no enforcement point: see enforce: and http: in docs/spec/config.md\n')
      const c = paletteFor(io.out, io.env)
      const now = io.now()
      const paint = { steady: c.green, working: c.yellow, starting: c.yellow, down: c.alarm }
      const when = (at: number | undefined): string => (at === undefined ? '-' : relative(at, now))
      const columns = [
        { header: 'POINT', min: 10 },
        { header: 'KIND', drop: 2 },
        { header: 'STATE' },
        { header: 'WANTED', align: 'right' as const },
        { header: 'WITHHELD', align: 'right' as const, drop: 1 },
        { header: 'DRIFT', align: 'right' as const, drop: 1 },
        { header: 'APPLIED' },
        { header: 'VERIFIED' },
        { header: 'NOTE', min: 10 },
      ]
      const rows = points.map((p) => {
        const proved = [p.verifiedAt, p.auditedAt].filter((at) => at !== undefined)
        return [
          p.name,
          p.kind,
          { text: p.state, paint: paint[p.state] },
          p.wanted,
          p.withheld + p.dropped,
          p.drift,
          when(p.appliedAt),
          when(proved.length > 0 ? Math.max(...proved) : undefined),
          p.trouble ?? '',
        ]
      })
      io.out.write(`${table(columns, rows, { width: widthOf(io.out), colours: c }).join('\n')}\n`)
    })
}
