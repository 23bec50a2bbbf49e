/** What a valid configuration still gets wrong about this machine. Opens nothing for writing, changes nothing. */
import { accessSync, constants, globSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Failure } from '../core/failure.ts'
import type { Finding } from '../core/finding.ts'
import { openStore } from '../store/open.ts'
import { checkNeeds, probePoints } from './check-points.ts'
import { checkResponse, probeConnectors } from './check-response.ts'
import type { Config, SourceConfig } from './config/schema.ts'
import { buildHouse } from './house.ts'

export const checkConfig = async (
  config: Config,
  options: { readonly probe: boolean },
): Promise<readonly Finding[]> => {
  const at = Date.now()
  const findings: Finding[] = []
  const found = (finding: Omit<Finding, 'at'>) => findings.push({ ...finding, at })
  try {
    buildHouse(config)
  } catch (error) {
    const failure = error as Failure
    found({
      code: 'config.content',
      level: 'error',
      subject: 'scenarios',
      text: failure.message,
      remedy: failure.remedy ?? 'Mend the file that the message names.',
    })
  }
  if (config.sensors.length === 0)
    found({
      code: 'config.no_sensor',
      level: 'warning',
      subject: 'sensors',
      text: 'no sensor is configured, so nothing will be read',
      remedy: 'Add a sensor with at least one source.',
    })
  for (const sensor of config.sensors)
    for (const source of sensor.sources) for (const path of pathsOf(source)) checkPath(path, sensor.id, found)
  checkNeeds(config.enforce, found)
  checkResponse(config, found)
  if (options.probe) {
    await probeStore(config, found)
    await probePoints(config.enforce, found)
    await probeConnectors(config.connectors, found)
  }
  return findings
}

type Found = (finding: Omit<Finding, 'at'>) => void

const pathsOf = (source: SourceConfig): readonly string[] => {
  if (source.kind === 'file') return source.paths
  if (source.kind === 'concurrent')
    return source.index === undefined ? [source.storage] : [source.index, source.storage]
  return []
}

const checkPath = (pattern: string, sensor: string, found: Found): void => {
  const paths = globSync(pattern)
  if (paths.length === 0) {
    const folder = dirname(pattern)
    const there = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true || folder.includes('*')
    found({
      code: 'source.absent',
      level: there ? 'info' : 'warning',
      subject: pattern,
      text: there
        ? `sensor ${sensor}: nothing is at ${pattern} yet; it will be read when it appears`
        : `sensor ${sensor}: the folder ${folder} does not exist`,
      remedy: there
        ? 'Nothing to do if the WAF has not written yet; else compare with SecAuditLog.'
        : 'ModSecurity 3 writes no log and no error when its folder is missing: create it, writable by the web server.',
    })
  }
  for (const path of paths)
    try {
      accessSync(path, constants.R_OK)
    } catch {
      found({
        code: 'source.unreadable',
        level: 'error',
        subject: path,
        text: `sensor ${sensor}: ${path} may not be read by this user`,
        remedy: `Give read permission, for example: setfacl -m u:${process.env['USER'] ?? 'riposte'}:r ${path}`,
      })
    }
}

const probeStore = async (config: Config, found: Found): Promise<void> => {
  try {
    const store = await openStore(config.state.reveal())
    await store.close()
  } catch (error) {
    const failure = error as Failure
    found({
      code: failure.code ?? 'store.unreachable',
      level: 'error',
      subject: 'state',
      text: failure.message,
      remedy: failure.remedy ?? 'Check the state: line of the configuration.',
    })
  }
}
