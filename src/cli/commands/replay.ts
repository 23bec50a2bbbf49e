import { resolve } from 'node:path'
import type { FormatChoice } from '../../app/config/schema.ts'
import type { Cidr } from '../../core/ip.ts'
import { formatOption, jsonOption, proxyOption } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { named } from '../settings.ts'
import { paletteFor } from '../ui/colour.ts'
import { printJson, summaryJson } from '../ui/json.ts'
import { progressLine } from '../ui/progress.ts'
import { summaryScreen } from '../ui/summary-screen.ts'

interface Options {
  format: FormatChoice
  config?: string
  trustedProxy: readonly Cidr[]
  events?: string
  all?: boolean
  json?: boolean
}

/** On a terminal; more would push the numbers off the screen. */
const SHOWN = 40

export const register: Register = (program, deps) => {
  program
    .command('replay')
    .description('What Riposte would have done: reads logs on log time, from a fresh state, without side effects.')
    .argument('<file...>', 'logs, also .gz; - is standard input')
    .addOption(formatOption())
    .option('-c, --config <file>', 'policy to use; without it (and $RIPOSTE_CONFIG) the defaults')
    .addOption(proxyOption())
    .option('--events <file>', 'also write every event there, one JSON object per line')
    .option('--all', `list every decision, also watches; else the first ${SHOWN} that a client would feel`)
    .addOption(jsonOption())
    .action(async (files: string[], options: Options) => {
      const { io } = deps
      const { config } = named(io, options)
      const line = progressLine(io)
      try {
        const summary = await deps.runReplay(
          {
            files,
            format: options.format,
            config,
            trustedProxies: options.trustedProxy,
            ...(options.events === undefined ? {} : { eventsFile: resolve(options.events) }),
          },
          line.update,
        )
        line.clear()
        if (options.json) printJson(io, summaryJson(summary))
        else {
          const width = widthOf(io.out)
          const limit = options.all ? Number.POSITIVE_INFINITY : width === undefined ? Number.MAX_SAFE_INTEGER : SHOWN
          const screen = summaryScreen(summary, { colours: paletteFor(io.out, io.env), width, kind: 'replay', limit })
          io.out.write(`${screen.join('\n')}\n`)
        }
      } finally {
        line.clear()
      }
    })
}
