/**
 * The environment names of article 1's sender, which stand in people's unit files: `MODSEC_SOAR_WEBHOOK` and
 * `MODSEC_SOAR_API_KEY` are a `webhook` connector, `MODSEC_THREAT_THRESHOLD` the least score that is forwarded to it.
 * What the configuration says itself is stronger.
 */
type Mapping = Readonly<Record<string, unknown>>

const asMapping = (value: unknown): Mapping =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Mapping) : {}

const hasWebhook = (connectors: unknown): boolean =>
  Array.isArray(connectors) && connectors.some((entry) => asMapping(entry)['webhook'] !== undefined)

export const withArticleEnvironment = (value: unknown, env: Readonly<Record<string, string | undefined>>): unknown => {
  const { MODSEC_SOAR_WEBHOOK: url, MODSEC_SOAR_API_KEY: token, MODSEC_THREAT_THRESHOLD: threshold } = env
  if (!url || value === null || typeof value !== 'object' || Array.isArray(value)) return value
  const config = value as Mapping
  const connectors = config['connectors'] ?? []
  if (!Array.isArray(connectors) || hasWebhook(connectors)) return value
  const playbooks = asMapping(config['playbooks'])
  const vars = asMapping(playbooks['vars'])
  const forward = threshold && /^\d{1,4}(?:\.\d+)?$/.test(threshold) ? { threshold: Number(threshold) } : {}
  return {
    ...config,
    connectors: [...connectors, { webhook: { url, ...(token ? { token } : {}) } }],
    playbooks: {
      ...playbooks,
      vars: { ...vars, forward_to_soar: { ...forward, ...asMapping(vars['forward_to_soar']) } },
    },
  }
}
