import { iso } from '../../core/time.ts'
import { installationOptions, jsonOption } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { installed } from '../settings.ts'
import { paletteFor } from '../ui/colour.ts'
import { EXIT_FOUND } from '../ui/errors.ts'
import { actJson, findingJson, printJson } from '../ui/json.ts'
import { accountOf, statusScreen } from '../ui/status-screen.ts'
import { readStore } from '../with-store.ts'

export const register: Register = (program, deps, exit) => {
  const { io } = deps
  installationOptions(
    program
      .command('status')
      .description('What was read, decided and kept; what is wrong; whether the account adds up.'),
  )
    .addOption(jsonOption())
    .action(async (options: { config?: string; state?: string; json?: boolean }) => {
      const { config } = installed(io, options)
      const now = io.now()
      const report = await readStore(deps, options, async (archive) => ({
        store: await archive.status(),
        tallies: await archive.tallies(),
        findings: (await archive.findings()).filter((finding) => !finding.cleared),
        rejections: await archive.rejections(3),
        active: await archive.decisions({ activeAt: now, limit: 100_000 }),
        acts: await archive.acts(3),
        chain: await archive.verifyActs(),
      }))
      const account = accountOf(report.tallies)
      const healthy =
        account.missing === 0 &&
        account.lostBytes === 0 &&
        report.chain.brokenAt === undefined &&
        !report.findings.some((finding) => finding.level === 'error')
      if (options.json)
        printJson(io, {
          healthy,
          state: config.state,
          store: {
            ...report.store,
            logTime: report.store.logTime > 0 ? iso(report.store.logTime) : null,
            watermark: {
              droppedEvents: report.store.watermark.droppedEvents,
              oldestEvent:
                report.store.watermark.oldestEvent === undefined ? null : iso(report.store.watermark.oldestEvent),
              droppedAt: report.store.watermark.droppedAt === undefined ? null : iso(report.store.watermark.droppedAt),
            },
          },
          account,
          tallies: report.tallies,
          activeDecisions: report.active.length,
          findings: report.findings.map(findingJson),
          rejections: report.rejections,
          audit: { ...report.chain, latest: report.acts.map(actJson) },
        })
      else
        io.out.write(
          `${statusScreen(report, { colours: paletteFor(io.out, io.env), width: widthOf(io.out) }, { now, state: String(config.state) }).join('\n')}\n`,
        )
      if (!healthy) exit(EXIT_FOUND)
    })
}
