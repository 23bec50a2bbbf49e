/** Clears the way for a Unix socket: one that a killed process left behind goes, anything else stays where it is. */
import { lstatSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { Failure } from '../core/failure.ts'

/** Throws NOT_A_SOCKET when the path holds something else, SOCKET_IN_USE when a process listens there. */
export const clearSocket = async (path: string): Promise<void> => {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there === undefined) return
  if (!there.isSocket())
    throw new Failure('NOT_A_SOCKET', `${path} exists and is no socket`, {
      remedy: 'Name a path for the socket that nothing else has, or move away what is there.',
    })
  if (await answers(path))
    throw new Failure('SOCKET_IN_USE', `another process listens on ${path}`, {
      remedy: 'Stop it, or name another path for the socket.',
    })
  rmSync(path, { force: true })
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
