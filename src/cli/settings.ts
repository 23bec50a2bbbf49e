import { resolve } from 'node:path'
import { defaultConfig, loadConfig } from '../app/config/load.ts'
import type { Config } from '../app/config/schema.ts'
import { Failure } from '../core/failure.ts'
import { secretUrl } from '../kit/secret.ts'
import type { Io } from './io.ts'

export interface SettingsOptions {
  readonly config?: string
  readonly state?: string
}

export interface Settings {
  readonly config: Config
  /** Absolute; absent when the defaults alone hold. */
  readonly configFile?: string
}

/** Where a configuration is looked for when none is named. */
export const CONFIG_PLACES = ['riposte.yaml', '/etc/riposte/riposte.yaml'] as const

const read = (io: Io, file: string): Config => {
  const path = resolve(file)
  let text: string
  try {
    text = io.readFile(path)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new Failure('CONFIG_UNREADABLE', `cannot read the configuration ${path} (${code})`, {
      remedy: code === 'ENOENT' ? 'Check the path given with --config.' : 'Run as a user that may read it.',
      cause: error,
    })
  }
  return loadConfig(text, file, io.env, io.readFile)
}

/** `--config`, else RIPOSTE_CONFIG, else the first of CONFIG_PLACES that exists; undefined when there is none. */
export const findConfig = (io: Io, named: string | undefined): string | undefined =>
  named ?? (io.env['RIPOSTE_CONFIG'] || undefined) ?? CONFIG_PLACES.find((place) => io.exists(place))

/** For commands that need the installation: a configuration, or at least a state. Throws CONFIG_MISSING. */
export const installed = (io: Io, options: SettingsOptions): Settings => {
  const file = findConfig(io, options.config)
  if (file === undefined && options.state === undefined)
    throw new Failure('CONFIG_MISSING', `no configuration: looked for ${CONFIG_PLACES.join(' and ')}`, {
      remedy: 'Give --config FILE, or --state PATH to look into a state directly.',
    })
  const config = file === undefined ? defaultConfig() : read(io, file)
  return {
    config: options.state === undefined ? config : { ...config, state: secretUrl(options.state) },
    ...(file === undefined ? {} : { configFile: resolve(file) }),
  }
}

/**
 * For replay and explain: only a configuration that was named counts, so that the same command on the same file says
 * the same in every folder.
 */
export const named = (io: Io, options: SettingsOptions): Settings => {
  const file = options.config ?? (io.env['RIPOSTE_CONFIG'] || undefined)
  return file === undefined ? { config: defaultConfig() } : { config: read(io, file), configFile: resolve(file) }
}

/** The configuration file again, for a reload. */
export const reread = (io: Io, file: string, state: string | undefined): Config => {
  const config = read(io, file)
  return state === undefined ? config : { ...config, state: secretUrl(state) }
}
