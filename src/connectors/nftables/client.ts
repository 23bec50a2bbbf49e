/** The daemon's end of the keeper's socket: connects when it is needed, one answer per request, times out. */
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { Failure } from '../../core/failure.ts'
import { SECOND } from '../../core/time.ts'
import type { Answer, Request } from './protocol.ts'

export interface KeeperClient {
  ask(request: Request): Promise<unknown>
  close(): void
}

/** A snapshot of many takes its time; anything else that takes so long has failed. */
const PATIENCE = 30 * SECOND
const SNAPSHOT_PATIENCE = 300 * SECOND

interface Waiting {
  resolve(result: unknown): void
  reject(error: Failure): void
}

/** `onLoss` is told when a connection that stood has ended: the keeper may have been restarted, and know nothing. */
export const createKeeperClient = (path: string, onLoss: () => void): KeeperClient => {
  let socket: Socket | undefined
  let number = 0
  let closed = false
  const waiting = new Map<number, Waiting>()

  const down = (why: string): Failure =>
    new Failure('NFT_KEEPER_DOWN', `the keeper of nftables does not answer on ${path} (${why})`, {
      retry: 'backoff',
      remedy: 'Start it: systemctl start riposte-nft, or riposte nft-keeper as root.',
    })

  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const next = connect(path)
      next.once('error', (error: NodeJS.ErrnoException) => reject(down(error.code ?? 'error')))
      next.once('connect', () => {
        socket = next
        next.on('error', () => next.destroy())
        next.once('close', () => {
          if (socket === next) socket = undefined
          for (const { reject: fail } of waiting.values()) fail(down('connection lost'))
          waiting.clear()
          if (!closed) onLoss()
        })
        createInterface({ input: next }).on('line', (line) => {
          const answer = JSON.parse(line) as Answer
          const asker = waiting.get(answer.id)
          waiting.delete(answer.id)
          if (answer.ok) asker?.resolve(answer.result)
          else
            asker?.reject(
              new Failure('NFT_REFUSED', answer.error, { retry: 'backoff', remedy: 'See the log of riposte-nft.' }),
            )
        })
        resolve(next)
      })
    })

  return {
    async ask(request) {
      const to = socket ?? (await open())
      const id = ++number
      return new Promise((resolve, reject) => {
        const patience = request.op === 'replace' ? SNAPSHOT_PATIENCE : PATIENCE
        const timer = setTimeout(() => {
          waiting.delete(id)
          reject(down(`no answer for ${patience / SECOND} s`))
          to.destroy()
        }, patience)
        const done =
          <T>(end: (value: T) => void) =>
          (value: T): void => {
            clearTimeout(timer)
            end(value)
          }
        waiting.set(id, { resolve: done(resolve), reject: done(reject) })
        to.write(`${JSON.stringify({ id, ...request })}\n`)
      })
    },
    close() {
      closed = true
      socket?.destroy()
    },
  }
}
