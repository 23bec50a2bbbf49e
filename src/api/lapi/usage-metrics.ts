/** What bouncers say about their work (`POST /v1/usage-metrics`): checked, cut to a size, kept for people. */

export interface Usage {
  readonly name: string
  readonly value: number
  readonly unit?: string
  readonly labels?: Readonly<Record<string, string>>
}

const ITEMS = 200
const WORD = 64

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : isObject(value) ? [value] : [])
const word = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length > 0 ? value.slice(0, WORD) : undefined

const usageOf = (item: unknown): readonly Usage[] => {
  if (!isObject(item)) return []
  const name = word(item['name'])
  const { value } = item
  if (name === undefined || typeof value !== 'number' || !Number.isFinite(value)) return []
  const unit = word(item['unit'])
  const labels = isObject(item['labels'])
    ? Object.entries(item['labels'])
        .slice(0, 8)
        .flatMap(([key, label]) => (typeof label === 'string' ? [[key.slice(0, WORD), label.slice(0, WORD)]] : []))
    : []
  return [
    {
      name,
      value,
      ...(unit === undefined ? {} : { unit }),
      ...(labels.length > 0 ? { labels: Object.fromEntries(labels) as Record<string, string> } : {}),
    },
  ]
}

/** The documentation shows `metrics` as one object, clients send a list: both are read. */
export const usageIn = (body: unknown): readonly Usage[] =>
  (isObject(body) ? listOf(body['remediation_components']) : [])
    .flatMap((component) => (isObject(component) ? listOf(component['metrics']) : []))
    .flatMap((metrics) => (isObject(metrics) ? listOf(metrics['items']) : []))
    .slice(0, ITEMS)
    .flatMap(usageOf)
