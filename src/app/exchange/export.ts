/**
 * Giving the decisions in force, or the allowlist, to others.
 *
 *   enters   the store, page by page, and the gate
 *   leaves   text in one of the formats of `export-lines.ts`
 *   promise  nothing that is simulated, over, allowlisted, our own or special is ever in it, whatever a decision says;
 *            what csv and json say is read back by our own import as it was
 */
import type { AllowEntry } from '../../core/act.ts'
import { isActive, type Remediation } from '../../core/decision.ts'
import { parseCidr } from '../../core/ip.ts'
import type { Millis } from '../../core/time.ts'
import type { Gate } from '../../enforce/gate.ts'
import type { Enforcement } from '../../kit/store.ts'
import { ALLOW_LINES, DECISION_LINES, type ExportFormat, type Lines } from './export-lines.ts'

export interface Exported {
  readonly written: number
  /** Active decisions that the gate holds back, or allowlist entries that the format cannot say. */
  readonly withheld: number
}

/** Characters that are gathered before they are written. */
const CHUNK = 64 * 1024

const writing = <T>(lines: Lines<T>, write: (text: string) => void) => {
  let written = 0
  let withheld = 0
  let pending = lines.head
  return {
    give(entry: T): void {
      const line = lines.line(entry, written === 0)
      if (line === undefined) withheld++
      else {
        written++
        pending += line
        if (pending.length < CHUNK) return
        write(pending)
        pending = ''
      }
    },
    withhold: () => void withheld++,
    end(): Exported {
      write(pending + lines.tail)
      return { written, withheld }
    },
  }
}

/** `types`: the remedies that are wanted. `write` is called in order; it must have taken the text when it returns. */
export const exportDecisions = async (
  store: Pick<Enforcement, 'eachHeld'>,
  gate: Gate,
  types: readonly Remediation[],
  format: ExportFormat,
  now: Millis,
  write: (text: string) => void,
): Promise<Exported> => {
  const out = writing(DECISION_LINES[format], write)
  await store.eachHeld(now, ({ decision }) => {
    if (decision.simulated || !isActive(decision, now) || !types.includes(decision.type)) return
    // What only measures is nobody else's.
    if (decision.origin === 'canary') return
    const cidr = parseCidr(decision.value)
    if (!cidr || gate.refuses(cidr) !== undefined) out.withhold()
    else out.give(decision)
  })
  return out.end()
}

export const exportAllowlist = (
  entries: readonly AllowEntry[],
  format: ExportFormat,
  now: Millis,
  write: (text: string) => void,
): Exported => {
  const out = writing(ALLOW_LINES[format], write)
  for (const entry of entries) if (entry.expiresAt === undefined || entry.expiresAt > now) out.give(entry)
  return out.end()
}
