import { resolve } from 'node:path'
import { ConfigFailure } from '../../app/config/problem.ts'
import { Failure } from '../../core/failure.ts'
import { installationOptions, jsonOption } from '../arguments.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { CONFIG_PLACES, findConfig, installed } from '../settings.ts'
import { paletteFor } from '../ui/colour.ts'
import { EXIT_ERROR, EXIT_FOUND } from '../ui/errors.ts'
import { findingLines } from '../ui/finding-lines.ts'
import { findingJson, printJson } from '../ui/json.ts'
import { count } from '../ui/number.ts'

export const register: Register = (program, deps, exit) => {
  installationOptions(
    program.command('check').description('Validate the configuration: every mistake at once, with its place.'),
  )
    .option('--probe', 'also try what the configuration points to: open the logs, the state, outside systems')
    .addOption(jsonOption())
    .action(async (options: { config?: string; state?: string; probe?: boolean; json?: boolean }) => {
      const { io } = deps
      const file = findConfig(io, options.config)
      if (file === undefined)
        throw new Failure('CONFIG_MISSING', `no configuration: looked for ${CONFIG_PLACES.join(' and ')}`, {
          remedy: 'Name it with --config FILE.',
        })
      try {
        const { config } = installed(io, { ...options, config: file })
        const findings = await deps.checkConfig(config, { probe: options.probe === true })
        const bad = findings.some((finding) => finding.level === 'error')
        if (options.json)
          printJson(io, { ok: !bad, file: resolve(file), problems: [], findings: findings.map(findingJson) })
        else {
          const c = paletteFor(io.out, io.env)
          for (const line of findingLines(findings, { colours: c, width: widthOf(io.out) })) io.out.write(`${line}\n`)
          const sources = config.sensors.reduce((sum, sensor) => sum + sensor.sources.length, 0)
          const facts = `${count(config.sensors.length)} ${config.sensors.length === 1 ? 'sensor' : 'sensors'}, ${count(sources)} ${sources === 1 ? 'source' : 'sources'}, state ${config.state}`
          io.out.write(bad ? `${c.red('not ready')}  ${file}: ${facts}\n` : `${c.green('ok')}  ${file}: ${facts}\n`)
        }
        if (bad) exit(EXIT_FOUND)
      } catch (error) {
        if (!(options.json && error instanceof ConfigFailure)) throw error
        printJson(io, { ok: false, file: resolve(file), problems: error.problems, findings: [] })
        exit(EXIT_ERROR)
      }
    })
}
