/**
 * Which networks go into an interval set: overlapping ones are an error there, and merging them would join their ends.
 * So of nested networks only the widest is in the kernel; the others wait, and come in when it goes.
 */
import { inCidr, parseCidr } from '../../core/ip.ts'

/** The networks of `wanted` that lie in no other of them. */
export const widest = (wanted: Iterable<string>): ReadonlySet<string> => {
  const sorted = [...wanted].map((text) => parseCidr(text)!).sort((a, b) => a.bits - b.bits)
  const lengths = new Map<string, Set<string>>()
  const kept = new Set<string>()
  for (const cidr of sorted) {
    const kind = cidr.address.kind()
    const around = [...(lengths.get(kind) ?? [])].some((bits) => {
      const outer = parseCidr(`${cidr.address.toString()}/${bits}`)!
      return kept.has(outer.text) && inCidr(cidr.address, outer)
    })
    if (around) continue
    kept.add(cidr.text)
    lengths.set(kind, (lengths.get(kind) ?? new Set()).add(String(cidr.bits)))
  }
  return kept
}
