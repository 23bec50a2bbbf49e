/** HTTP of a dry run: shows each request as it would go out, secrets masked, and sends none. */
import type { Http } from './http.ts'
import { answerOf } from './http-answer.ts'
import { forPeople, type HttpMessage, onTheWire } from './http-message.ts'

/** Thrown where an action cannot go on without a real answer: all that it would do up to there has been shown. */
export class DryRunEnd extends Error {}

/** What an action would send. `text` for what is not HTTP: a mail, a line of syslog. */
export type Shown = HttpMessage | { readonly to: string; readonly text: string }

export const dryHttp =
  (show: (message: Shown) => void): Http =>
  async (target, request) => {
    // What could not go out is an error in a dry run, too.
    onTheWire(target, request)
    show(forPeople(target, request))
    if (request.whenDry === undefined) throw new DryRunEnd()
    const text = JSON.stringify(request.whenDry)
    return answerOf({ status: 200, headers: {}, text, where: 'dry run', now: 0, blot: (said) => said })
  }
