import type { Decision, Remediation } from '../../core/decision.ts'
import { jsonOption } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { paletteFor } from '../ui/colour.ts'
import { printJson, summaryJson } from '../ui/json.ts'
import { progressLine } from '../ui/progress.ts'
import { decisionNews, isFelt, summaryScreen } from '../ui/summary-screen.ts'

export const register: Register = (program, deps) => {
  program
    .command('demo')
    .description('Watch the shipped recording of a real attack become decisions. Keeps nothing.')
    .option('--once', 'end after the recording, with a summary')
    .addOption(jsonOption())
    .action(async (options: { once?: boolean; json?: boolean }) => {
      const { io } = deps
      const c = paletteFor(io.out, io.env)
      const line = progressLine(io)
      const shown = new Map<string, Remediation>()
      const news = (decision: Decision): void => {
        // A decision comes again each time it is extended; only a new or a stronger one is news, and only if its client feels it.
        if (options.json || !isFelt(decision) || shown.get(decision.id) === decision.type) return
        shown.set(decision.id, decision.type)
        line.clear()
        io.out.write(`${decisionNews(decision, { colours: c, width: widthOf(io.out) }).join('\n')}\n`)
      }
      try {
        let stays = options.once !== true && !options.json
        const summary = await deps.runDemo({ once: options.once === true, onDecision: news }, (progress) => {
          line.update(progress)
          if (!stays || progress.total === undefined || progress.bytes < progress.total) return
          stays = false
          line.clear()
          io.err.write(`${c.dim('The recording is over; the daemon stays. Ctrl-C ends it with a summary.')}\n`)
        })
        line.clear()
        if (options.json) printJson(io, summaryJson(summary))
        else
          io.out.write(
            `${summaryScreen(summary, { colours: c, width: widthOf(io.out), kind: 'demo', limit: 0 }).join('\n')}\n`,
          )
      } finally {
        line.clear()
      }
    })
}
