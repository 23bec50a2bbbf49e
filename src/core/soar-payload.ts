/**
 * The payload of article 1's SOAR webhook, field for field, from one event of a case. Kept as it was published, because
 * receivers were written against it; what it lacks is in `raw_data`.
 */
export interface SoarEvent {
  readonly id: string
  readonly time: string
  readonly clientIp: string
  readonly request: {
    readonly method: string
    readonly host: string
    readonly uri: string
    readonly userAgent: string
  }
  readonly response: { readonly status: number }
  readonly matches: readonly {
    readonly ruleId: number
    readonly message: string
    readonly severity: string
    readonly data: string
    readonly file: string
    readonly line: number
  }[]
  readonly threatScore: number
  readonly severity: string
}

export const soarPayload = (event: SoarEvent, type: 'modsecurity_waf' | 'modsecurity_high_severity') => ({
  alert_type: type,
  severity: event.severity,
  timestamp: event.time,
  source: 'ModSecurity WAF',
  event_id: event.id,
  indicators: {
    ip_address: event.clientIp,
    user_agent: event.request.userAgent,
    host: event.request.host,
    request_uri: event.request.uri,
  },
  details: {
    method: event.request.method,
    response_code: event.response.status,
    threat_score: event.threatScore,
    matched_rules: event.matches.map(({ ruleId, message, severity, data, file, line }) => ({
      rule_id: String(ruleId),
      message,
      severity,
      data,
      file,
      line,
    })),
  },
  raw_data: event,
})
