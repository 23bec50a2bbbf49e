/**
 * What the command line needs from the rest of the house: `src/main.ts` fills it in. Commands understand what was
 * typed, call one of these, and draw what comes back; none of them opens a log or runs a room itself.
 *
 * Every function rejects with a `Failure` (code, message, remedy) when it cannot do its work; the command line turns
 * that into `error:` and `fix:` lines and an exit code.
 */
import type { Config } from '../app/config/schema.ts'
import type { DemoOptions } from '../app/demo.ts'
import type { ExplainOptions, Explanation } from '../app/explain.ts'
import type { Progress, ReplayOptions } from '../app/replay.ts'
import type { ReplaySummary } from '../app/summary.ts'
import type { Finding } from '../core/finding.ts'
import type { Store } from '../kit/store.ts'
import type { Io } from './io.ts'

export interface Deps {
  readonly io: Io
  /** Shown by `--version`. */
  readonly version: string

  /** Opens the state at a path or URL (a revealed `Config.state`). `create: false`: STORE_MISSING when there is none. */
  openStore(url: string, options: { readonly create: boolean }): Promise<Store>

  /**
   * Carries out the commands waiting in the inbox, as the daemon would between two batches, and answers them.
   * Called only while the caller holds the store's seat (`claim()` was true).
   */
  applyPending(store: Store, config: Config): Promise<void>

  /** Runs until a signal or a fatal failure; resolves to the exit code. */
  runDaemon(options: ServeOptions): Promise<number>

  /** The process that alone may change nftables, until a signal ends it; resolves to the exit code. */
  runNftKeeper(options: { readonly socket: string; readonly table: string }): Promise<number>

  /** Stays after the recording until SIGINT or SIGTERM unless `once`. */
  runDemo(options: DemoOptions, onProgress: OnProgress): Promise<ReplaySummary>

  runReplay(options: ReplayOptions, onProgress: OnProgress): Promise<ReplaySummary>

  /** One record through every stage. The records before it in the input are poured first: they are its history. */
  explainRecord(options: ExplainOptions): Promise<Explanation>

  /**
   * What a valid configuration still gets wrong: a scenario that does not parse, and, with `probe`, logs that cannot be
   * read or a state that cannot be opened. Only `error` findings make the check fail.
   */
  checkConfig(config: Config, options: { readonly probe: boolean }): Promise<readonly Finding[]>
}

export interface ServeOptions {
  readonly config: Config
  /** Reads the configuration again (SIGHUP). Throws `ConfigFailure`; the daemon then keeps what it has. */
  readonly reload: () => Config
}

/** Called as often as the caller likes; the command line draws at most ten times a second. */
export type OnProgress = (progress: Progress) => void
