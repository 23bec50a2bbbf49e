import { Option } from 'commander'
import { EXPORT_FORMATS, type ExportFormat } from '../../app/exchange/export-lines.ts'
import { REMEDIATIONS, type Remediation } from '../../core/decision.ts'
import { installationOptions } from '../arguments.ts'
import type { Register } from '../register.ts'
import { installed } from '../settings.ts'
import { plural } from '../ui/number.ts'
import { printable } from '../ui/printable.ts'
import { readStore } from '../with-store.ts'

interface Options {
  config?: string
  state?: string
  format: ExportFormat
  type?: readonly Remediation[]
  allowlist?: boolean
  out?: string
}

export const register: Register = (program, deps) => {
  const { io } = deps
  installationOptions(
    program
      .command('export')
      .description('The decisions in force as a list for others: csv and json say all, the rest only whom to block.'),
  )
    .addOption(new Option('-f, --format <format>', 'form of the list').choices(EXPORT_FORMATS).default('csv'))
    .addOption(
      new Option('-t, --type <type...>', 'only these (else csv and json: all; the others: ban)').choices(REMEDIATIONS),
    )
    .option('--allowlist', 'the allowlist instead')
    .option('-o, --out <file>', 'write there, whole or not at all, instead of to standard output')
    .action(async (options: Options) => {
      const { exportAllowlist, exportDecisions } = await import('../../app/exchange/export.ts')
      const { gateFor } = await import('../../app/spared.ts')
      const { openOutFile } = await import('../../app/exchange/out-file.ts')
      const { config } = installed(io, options)
      const { format } = options
      // A list without types is for blocking: whoever is only watched must not be on it.
      const types = options.type ?? (format === 'csv' || format === 'json' ? REMEDIATIONS : ['ban' as const])
      const now = io.now()
      const file = options.out === undefined ? undefined : openOutFile(options.out)
      const write = file ? file.write : (text: string) => void io.out.write(text)
      try {
        const { written, withheld } = await readStore(deps, options, async (store) => {
          const entries = await store.allowlist()
          return options.allowlist
            ? exportAllowlist(entries, format, now, write)
            : exportDecisions(store, gateFor(config, entries, now), types, format, now, write)
        })
        file?.commit()
        if (options.out !== undefined)
          io.out.write(`${plural(written, 'entry', 'entries')} in ${printable(options.out)}\n`)
        if (withheld > 0)
          io.err.write(
            options.allowlist
              ? `${plural(withheld, 'host name')} left out: ${format} holds addresses only\n`
              : `${plural(withheld, 'decision')} held back: allowlisted, our own or special addresses\n`,
          )
      } finally {
        file?.abandon()
      }
    })
}
