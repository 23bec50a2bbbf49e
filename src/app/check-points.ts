/** What the enforcement points lack on this machine; and, when asked, whether they can be reached. Changes nothing. */
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Failure } from '../core/failure.ts'
import type { Finding } from '../core/finding.ts'
import type { PointConfig } from './config/enforce.ts'

type Found = (finding: Omit<Finding, 'at'>) => void

/** Where a service finds programs that are not in every user's path. */
const ALSO = ['/usr/local/sbin', '/usr/sbin', '/sbin']

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const isInstalled = (binary: string): boolean =>
  isAbsolute(binary)
    ? isExecutable(binary)
    : [...(process.env['PATH'] ?? '').split(delimiter), ...ALSO].some(
        (folder) => folder !== '' && isExecutable(join(folder, binary)),
      )

export const checkNeeds = (points: readonly PointConfig[], found: Found): void => {
  for (const { name, plugin } of points)
    for (const need of plugin.needs ?? [])
      if ('binary' in need && !isInstalled(need.binary))
        found({
          code: 'point.binary_absent',
          level: 'warning',
          subject: name,
          text: `it needs ${need.binary}, which is not on this machine`,
          remedy: 'Install the package that brings it.',
        })
}

export const probePoints = async (points: readonly PointConfig[], found: Found): Promise<void> => {
  for (const { name, plugin, config } of points)
    try {
      await plugin.probe?.(config)
    } catch (error) {
      const failure = error as Failure
      found({
        code: 'point.unreachable',
        level: 'error',
        subject: name,
        text: failure.message,
        remedy: failure.remedy ?? 'Check this point in the configuration, and whether its server runs.',
      })
    }
}
