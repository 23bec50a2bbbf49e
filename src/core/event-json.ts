import type { Event } from './event.ts'
import { iso } from './time.ts'

/** The event as the outside sees it (design contract): ISO time, headers as an object whose repeated names are joined by `, `. */
export const eventJson = (event: Event): Record<string, unknown> => {
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of event.request.headers)
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  return { ...event, time: iso(event.time), request: { ...event.request, headers } }
}
