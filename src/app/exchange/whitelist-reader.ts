/** CrowdSec's parser whitelists (`whitelist: { reason, ip: […], cidr: […] }`), every entry with its line. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import type { Found, Reader } from './item.ts'

/** Characters; the files that people write have a few hundred. */
const LIMIT = 1024 * 1024

export const createWhitelistReader = (): Reader => {
  let text = ''
  return {
    push(chunk) {
      if (text.length <= LIMIT) text += chunk
      return []
    },
    end: () => readWhitelists(text),
  }
}

const readWhitelists = function* (text: string): Iterable<Found> {
  if (text.length > LIMIT) {
    yield { place: '1:1', problem: 'a whitelist of more than 1 MiB', remedy: 'Split it.' }
    return
  }
  const counter = new LineCounter()
  const placeAt = (offset: number): string => {
    const { line, col } = counter.linePos(offset)
    return `${line}:${col}`
  }
  const placeOf = (node: Node): string => placeAt(node.range?.[0] ?? 0)
  for (const document of parseAllDocuments(text, { lineCounter: counter })) {
    for (const error of document.errors)
      yield {
        place: placeAt(error.pos[0]),
        problem: `no valid YAML: ${error.message.split('\n')[0]!.replace(/ at line \d+.*$/, '')}`,
        remedy: 'Mend the file.',
      }
    const whitelist = isMap(document.contents) ? document.contents.get('whitelist', true) : undefined
    if (!isMap(whitelist)) continue
    const named = whitelist.get('reason')
    const reason = typeof named === 'string' ? named : 'CrowdSec whitelist'
    for (const { key, value } of whitelist.items) {
      const name = isScalar(key) ? String(key.value) : ''
      if (!['ip', 'cidr', 'expression'].includes(name) || !isSeq(value)) continue
      for (const node of value.items as Node[]) {
        const place = placeOf(node)
        if (name === 'expression')
          yield {
            place,
            problem: 'an expression, which no list of addresses can hold',
            remedy: 'Write the addresses that it means, or shadow the scenario.',
          }
        else if (isScalar(node) && !isAlias(node)) yield { place, value: String(node.value), reason, spared: true }
        else yield { place, problem: `${name} holds something that is no text`, remedy: 'Write one address per line.' }
      }
    }
  }
}
