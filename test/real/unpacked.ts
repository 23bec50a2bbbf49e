/**
 * A Debian package that must not be installed (its scripts want the Internet, or would start services): downloaded and
 * unpacked into a folder of the machine's temporary directory, once.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The folder that holds what the package would put below `/`; undefined when it cannot be had. */
export const unpackedPackage = (name: string): string | undefined => {
  const folder = join(tmpdir(), `riposte-unpacked-${name}`)
  if (existsSync(folder)) return folder
  const work = mkdtempSync(join(tmpdir(), 'riposte-download-'))
  try {
    const download = () => spawnSync('apt-get', ['-q', 'download', name], { cwd: work, encoding: 'utf8' })
    if (download().status !== 0) {
      spawnSync('apt-get', ['-q', 'update'], { encoding: 'utf8' })
      if (download().status !== 0) return undefined
    }
    const archive = readdirSync(work).find((file) => file.endsWith('.deb'))
    mkdirSync(join(work, 'root'))
    if (!archive || spawnSync('dpkg', ['-x', join(work, archive), join(work, 'root')]).status !== 0) return undefined
    try {
      renameSync(join(work, 'root'), folder)
    } catch {
      // Another test process was faster: its copy is as good.
    }
    return existsSync(folder) ? folder : undefined
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
