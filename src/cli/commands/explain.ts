import type { FormatChoice } from '../../app/config/schema.ts'
import type { Cidr } from '../../core/ip.ts'
import { formatOption, jsonOption, proxyOption } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { named } from '../settings.ts'
import { paletteFor } from '../ui/colour.ts'
import { EXIT_FOUND } from '../ui/errors.ts'
import { explainScreen } from '../ui/explain-screen.ts'
import { explanationJson, printJson } from '../ui/json.ts'

interface Options {
  record?: string
  format: FormatChoice
  config?: string
  trustedProxy: readonly Cidr[]
  json?: boolean
}

export const register: Register = (program, deps, exit) => {
  program
    .command('explain')
    .description('One transaction: every stage and its reason. Records before it count as its history.')
    .argument('<file>', 'a log, also .gz; - is standard input')
    .option('-r, --record <which>', 'number (1 is the first), transaction id or event id; without it the last record')
    .addOption(formatOption())
    .option('-c, --config <file>', 'policy to use; without it (and $RIPOSTE_CONFIG) the defaults')
    .addOption(proxyOption())
    .addOption(jsonOption())
    .action(async (file: string, options: Options) => {
      const { io } = deps
      const { config } = named(io, options)
      const explanation = await deps.explainRecord({
        file,
        format: options.format,
        config,
        trustedProxies: options.trustedProxy,
        ...(options.record === undefined ? {} : { record: options.record }),
      })
      if (options.json) printJson(io, explanationJson(explanation))
      else
        io.out.write(
          `${explainScreen(explanation, { colours: paletteFor(io.out, io.env), width: widthOf(io.out) }).join('\n')}\n`,
        )
      // The record could not be read: the explanation says why, and a script should notice.
      if (explanation.rejection) exit(EXIT_FOUND)
    })
}
