/** The daemon's end of the answering thread: one message at a time has its acknowledgement, and a dead thread is known. */
import { Worker } from 'node:worker_threads'
import { Failure } from '../../core/failure.ts'
import { HEAP } from './answerers.ts'
import type { ToThread } from './packed.ts'
import { type Settings, zonesOf } from './settings.ts'
import type { ThreadData } from './thread-data.ts'

type Unnumbered = ToThread extends infer M ? (M extends { number: number } ? Omit<M, 'number'> : never) : never

export interface RblServer {
  /** As bound: a configured port 0 has become a real one. */
  readonly ports: readonly number[]
  /** Resolves with what a report says, and with the buffer of what was packed, to be filled again. */
  tell(message: Unnumbered): Promise<unknown>
  close(): Promise<void>
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Failure): void
}

const threadData = (settings: Settings): ThreadData => {
  const { zones, transfer } = settings
  const { key } = transfer
  return {
    listen: settings.listen,
    threads: settings.threads,
    zones: zonesOf(settings),
    allowQuery: settings.allowQuery.map((cidr) => cidr.text),
    ttl: Math.max(1, Math.floor(settings.ttl / 1000)),
    negativeTtl: Math.max(0, Math.floor(settings.negativeTtl / 1000)),
    nameServer: settings.nameServer ?? `ns.${zones.ban}`,
    mailbox: `hostmaster.${zones.ban}`,
    rateLimit: settings.rateLimit,
    transferTo: transfer.allow.map((cidr) => cidr.text),
    key: key && { name: key.name, algorithm: key.algorithm, secret: key.secret.reveal() },
    notify: transfer.notify,
  }
}

/** Throws RBL_LISTEN. `onDeath` is called once, when the thread ended by itself. */
export const startRblServer = async (settings: Settings, onDeath: (why: string) => void): Promise<RblServer> => {
  const worker = new Worker(new URL(`./thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url), {
    workerData: threadData(settings),
    resourceLimits: HEAP,
  })
  const waiting = new Map<number, Waiting>()
  let number = 0
  let dead: Failure | undefined
  let closing = false
  let started: Waiting | undefined

  const die = (why: string): void => {
    if (dead) return
    dead = new Failure('RBL_DOWN', `the answering thread has ended: ${why}`, { retry: 'backoff' })
    started?.reject(dead)
    for (const { reject } of waiting.values()) reject(dead)
    waiting.clear()
    if (!closing && !started) onDeath(why)
  }
  worker.on('error', (error) => die((error as Error).message))
  worker.on('exit', (code) => die(`exit ${code}`))

  const ports = await new Promise<readonly number[]>((resolve, reject) => {
    started = { resolve: (value) => resolve(value as readonly number[]), reject }
    worker.on('message', (message: { ready?: number[]; number: number; result: unknown }) => {
      if (message.ready) {
        started?.resolve(message.ready)
        started = undefined
        return
      }
      waiting.get(message.number)?.resolve(message.result)
      waiting.delete(message.number)
    })
  }).catch((error: Failure) => {
    const places = settings.listen.map(({ host, port }) => `${host}:${port}`).join(', ')
    throw new Failure('RBL_LISTEN', `cannot answer on ${places}: ${error.message}`, {
      retry: 'backoff',
      remedy: 'Choose other addresses in listen, stop the name server that has them, or allow ports below 1024.',
      cause: error,
    })
  })

  return {
    ports,
    tell(message) {
      if (dead) return Promise.reject(dead)
      const numbered = { ...message, number: ++number } as ToThread
      return new Promise((resolve, reject) => {
        waiting.set(numbered.number, { resolve, reject })
        worker.postMessage(numbered, 'packed' in numbered ? [numbered.packed] : [])
      })
    },
    async close() {
      closing = true
      if (!dead) worker.postMessage({ kind: 'stop', number: 0 } satisfies ToThread)
      const timer = setTimeout(() => void worker.terminate(), 1000)
      await new Promise<void>((resolve) => (dead ? resolve() : worker.once('exit', () => resolve())))
      clearTimeout(timer)
    },
  }
}
