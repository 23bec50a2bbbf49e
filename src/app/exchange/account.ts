/** What an import read and what became of it. It adds up: read = imported + covered + refused + unreadable + not sent. */
import type { Refusal } from './judge.ts'

/** A piece that was not taken, shown to the person as an example. */
export interface Sample {
  /** `list.csv:12:1`. */
  readonly place: string
  readonly text: string
  readonly remedy?: string
}

/** Examples that are kept of each kind. */
const SAMPLES = 5

export class Account {
  read = 0
  /** New decisions and allowlist entries, and those that were in force and are extended or strengthened. */
  added = 0
  extended = 0
  /** Standing twice or more often in the list. */
  repeated = 0
  /** In force already, at least as long and as strong; or such that nobody there is ever restrained. */
  inForce = 0
  unreadable = 0
  /** Sent to nobody, because the import was ended before. */
  unsent = 0
  /** Entries whose end was set, or brought forward, to the longest that is allowed. */
  shortened = 0
  /** Entries whose reason was not kept because the list has too many different ones. */
  reasonless = 0
  readonly refused = new Map<Refusal, number>()
  readonly samples = { refused: [] as Sample[], unreadable: [] as Sample[] }

  refuse(why: Refusal, sample: Sample, count = 1): void {
    const before = this.refused.get(why) ?? 0
    this.refused.set(why, before + count)
    // A few of each kind, so that a thousand expired ones do not hide the one that matters.
    if (before < 3 && this.samples.refused.length < 4 * SAMPLES) this.samples.refused.push(sample)
  }

  unread(sample: Sample): void {
    if (this.unreadable++ < SAMPLES) this.samples.unreadable.push(sample)
  }

  get imported(): number {
    return this.added + this.extended
  }

  get covered(): number {
    return this.repeated + this.inForce
  }

  get refusals(): number {
    return [...this.refused.values()].reduce((sum, count) => sum + count, 0)
  }

  get addsUp(): boolean {
    return this.read === this.imported + this.covered + this.refusals + this.unreadable + this.unsent
  }
}
