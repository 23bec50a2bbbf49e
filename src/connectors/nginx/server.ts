/** The running nginx: its master told to reload, its workers watched. */
import { readFile } from 'node:fs/promises'
import { hangUp, processIn } from '../../kit/running-server.ts'

/** The master's process id. */
export const masterOf = (pidFile: string): Promise<number> => processIn(pidFile, 'nginx', 'NGINX_NOT_RUNNING')

/** The workers that take new connections: those that drain after a reload say so in their title. */
export const workersOf = async (master: number): Promise<readonly number[]> => {
  const children = await readFile(`/proc/${master}/task/${master}/children`, 'utf8').catch(() => '')
  const pids = children.trim().split(' ').filter(Boolean).map(Number)
  const titles = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return pids.filter((_, i) => /worker process(?! is shutting down)/.test(titles[i]!))
}

export const reloadMaster = (master: number): void =>
  hangUp(
    master,
    'nginx',
    'NGINX_RELOAD',
    'Give reload: a command that it may run, such as [sudo, -n, systemctl, reload, nginx].',
  )
