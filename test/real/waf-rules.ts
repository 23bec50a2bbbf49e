/**
 * The ModSecurity configuration that our real servers load. The same text serves v2 and v3 but for the few directives
 * that only one of them knows: v3 refuses SecRequestBodyInMemoryLimit, and v2 wants a data directory.
 */

export interface AuditOptions {
  /** Default JSON. */
  readonly format?: 'JSON' | 'Native'
  /** Default Serial. */
  readonly type?: 'Serial' | 'Concurrent'
  /** Default `ABIJDEFHZ`, what article 1 sets. */
  readonly parts?: string
  /** `On` logs every transaction, `RelevantOnly` those with a match or an error status. Default On. */
  readonly engine?: 'On' | 'RelevantOnly'
}

export interface WafOptions {
  readonly audit?: AuditOptions
  /** Default On. */
  readonly mode?: 'On' | 'DetectionOnly' | 'Off'
  /** Load Debian's OWASP CRS. Default true. */
  readonly crs?: boolean
  /** SecRules placed before the CRS. */
  readonly rules?: string
}

/** Article 2's honeypot: a hidden form field that no browser changes, and a path that only robots.txt and forbids mention. */
export const HONEYPOT_RULES = `
SecRule ARGS:debug "!@streq false" "id:111,phase:2,t:none,log,pass,severity:CRITICAL,tag:'honeypot',msg:'HoneyTrap alert: hidden field changed',logdata:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'"
SecRule REQUEST_FILENAME "@beginsWith /backup-admin" "id:112,phase:1,t:none,t:normalizePath,log,pass,severity:CRITICAL,tag:'honeypot',msg:'HoneyTrap alert: honey URL touched',logdata:'%{MATCHED_VAR}'"
`

/** Each package of a ModSecurity brings its own, and not the other's. */
const UNICODE_MAP = { 2: '/etc/modsecurity/unicode.mapping', 3: '/etc/nginx/unicode.mapping' } as const

export const wafRules = (
  version: 2 | 3,
  options: WafOptions,
  place: { readonly auditLog: string; readonly storage: string; readonly data: string },
): string => {
  const audit = options.audit ?? {}
  return `SecRuleEngine ${options.mode ?? 'On'}
SecRequestBodyAccess On
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecRequestBodyLimitAction Reject
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml
SecResponseBodyLimit 524288
SecResponseBodyLimitAction ProcessPartial
SecPcreMatchLimit 100000
SecPcreMatchLimitRecursion 100000
SecTmpDir ${place.data}
SecDataDir ${place.data}
SecArgumentSeparator &
SecCookieFormat 0
SecUnicodeMapFile ${UNICODE_MAP[version]} 20127
${version === 2 ? 'SecRequestBodyInMemoryLimit 131072\nSecStatusEngine Off' : ''}
SecRule REQUEST_HEADERS:Content-Type "@rx (?i)^(?:application|text)/(?:soap\\+)?xml" "id:200000,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "@rx (?i)^application/(?:[a-z.]+\\+)?json" "id:200001,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,log,deny,status:400,severity:CRITICAL,msg:'Failed to parse request body.',logdata:'%{reqbody_error_msg}'"
SecRule MULTIPART_UNMATCHED_BOUNDARY "@eq 1" "id:200004,phase:2,log,deny,status:400,severity:CRITICAL,msg:'Multipart parser detected a possible unmatched boundary.'"
SecAuditEngine ${audit.engine ?? 'On'}
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogParts ${audit.parts ?? 'ABIJDEFHZ'}
SecAuditLogFormat ${audit.format ?? 'JSON'}
SecAuditLogType ${audit.type ?? 'Serial'}
SecAuditLog ${place.auditLog}
SecAuditLogStorageDir ${place.storage}
${options.rules ?? ''}
${
  (options.crs ?? true)
    ? `Include /etc/modsecurity/crs/crs-setup.conf
Include /usr/share/modsecurity-crs/rules/*.conf`
    : ''
}
`
}
