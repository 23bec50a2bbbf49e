/** Findings on their way into the next commit, and which of them still stand. */
import type { Finding } from '../core/finding.ts'
import type { Millis } from '../core/time.ts'

export interface StandingFindings {
  tell(finding: Finding): void
  /** Those told since the last call. */
  take(): readonly Finding[]
  /** Clears what stands, or of that what is about `subject`: its cause is no longer there to say so itself. */
  clear(at: Millis, subject?: string): void
}

/** `before`: what stood when the last daemon ended; whoever raised it starts anew, and raises it again if it is still so. */
export const createStandingFindings = (before: readonly Finding[]): StandingFindings => {
  const standing = new Map<string, Finding>()
  let told: Finding[] = []
  const tell = (finding: Finding): void => {
    const key = `${finding.code} ${finding.subject}`
    if (finding.cleared) standing.delete(key)
    else standing.set(key, finding)
    told.push(finding)
  }
  for (const finding of before) if (!finding.cleared) standing.set(`${finding.code} ${finding.subject}`, finding)
  return {
    tell,
    take() {
      const all = told
      told = []
      return all
    },
    clear(at, subject) {
      for (const finding of [...standing.values()])
        if (subject === undefined || finding.subject === subject) tell({ ...finding, at, cleared: true })
    },
  }
}
