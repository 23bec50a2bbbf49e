/**
 * Sends the cast's requests to a real server, each at its time, from its address, and notes what came back.
 * One client sends one request after the other, as the script says; the clients run beside each other.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Sent, send, type Target } from '../../test/real/traffic.ts'
import type { Actor } from './actor.ts'
import type { Step } from './visitor.ts'

export interface Played {
  readonly actor: Actor
  readonly step: Step
  readonly sent: Sent
}

export interface PlayOptions {
  readonly servers: readonly string[]
  readonly port: number
  /** Length of the recording in milliseconds; scripts that take longer at this speed end later. */
  readonly duration: number
  /** Pauses are divided by this. */
  readonly speed: number
}

/** All requests in the order in which they were sent. */
export const play = async (actors: readonly Actor[], options: PlayOptions): Promise<readonly Played[]> => {
  const played: Played[] = []
  await Promise.all(
    actors.map(async (actor) => {
      const length = actor.steps.reduce((sum, s) => sum + s.after, 0) / options.speed
      await sleep(actor.arrives * Math.max(0, options.duration - length))
      for (const step of actor.steps) {
        if (step.after > 0) await sleep(step.after / options.speed)
        played.push({ actor, step, sent: await send(step.request, targetOf(actor, options), actor.address) })
      }
    }),
  )
  return played.sort((a, b) => a.sent.at - b.sent.at)
}

const targetOf = (actor: Actor, { servers, port }: PlayOptions): Target => ({
  host: servers.find((s) => s.includes(':') === actor.address.includes(':')) ?? servers[0]!,
  port,
})
