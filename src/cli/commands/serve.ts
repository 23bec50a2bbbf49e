import { Failure } from '../../core/failure.ts'
import { installationOptions } from '../arguments.ts'
import type { Register } from '../register.ts'
import { installed, reread } from '../settings.ts'

export const register: Register = (program, deps, exit) => {
  installationOptions(program.command('serve').description('Run the daemon: read the logs, decide, keep.')).action(
    async (options: { config?: string; state?: string }) => {
      const { config, configFile } = installed(deps.io, options)
      if (configFile === undefined)
        throw new Failure('CONFIG_MISSING', 'the daemon needs a configuration', {
          remedy: 'Name it with --config, or write riposte.yaml; examples/01-single-host has one to start from.',
        })
      if (config.sensors.length === 0)
        throw new Failure('CONFIG_EMPTY', `${configFile} names no sensor, so there is nothing to read`, {
          remedy: 'Add a sensor with at least one source; examples/01-single-host shows how.',
        })
      exit(await deps.runDaemon({ config, reload: () => reread(deps.io, configFile, options.state) }))
    },
  )
}
