/** One line of truth per request: who sent it and why, and where the server's logs speak of it. */
import type { Played } from './play.ts'
import type { Logged } from './read-log.ts'

/** Field names are those of every labelled recording that `npm run quality` reads. */
export interface Truth {
  readonly request_id: string
  readonly src_ip: string
  readonly true_client: string
  readonly role: string
  readonly kind: string
  readonly cls: string
  readonly attack: boolean
  readonly ts: number
  /** As logged; where there is no record, as the client saw it. */
  readonly status: number
  readonly src_port: number
  readonly method: string
  readonly uri: string
  readonly xff: string | null
  readonly user: string
  readonly err: string | null
  /** 0: the server closed the connection without an answer, as CRS does for what it finds in a response. */
  readonly client_status: number
  readonly audit_http_code: number | null
  readonly unique_id: string | null
  readonly audit_line: number | null
  readonly rules: readonly string[]
  readonly severities: readonly string[]
  readonly shared: boolean
  readonly via_proxy: boolean
}

export const truthOf = (played: readonly Played[], logged: readonly Logged[]): readonly Truth[] => {
  const byRequest = new Map(logged.map((l) => [l.requestId, l]))
  return played.map(({ actor, step, sent }) => {
    const log = byRequest.get(step.requestId)
    return {
      request_id: step.requestId,
      src_ip: actor.address,
      true_client: actor.trueClient,
      role: actor.role,
      kind: actor.kind,
      cls: step.cls,
      attack: step.attack,
      ts: sent.at / 1000,
      status: log?.status ?? sent.status,
      src_port: sent.port,
      method: step.request.method,
      uri: step.request.target,
      xff: step.request.headers.find(([name]) => name === 'X-Forwarded-For')?.[1] ?? null,
      user: `${actor.kind}@${actor.trueClient}`,
      err: sent.error ?? null,
      client_status: sent.status,
      audit_http_code: log?.status ?? null,
      unique_id: log?.transactionId ?? null,
      audit_line: log?.place ?? null,
      rules: log?.rules ?? [],
      severities: log?.severities ?? [],
      shared: actor.shared,
      via_proxy: actor.viaProxy,
    }
  })
}
