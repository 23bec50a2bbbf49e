/** What each command's file exports. */
import type { Command } from 'commander'
import type { Deps } from './deps.ts'

/** How a command's action tells its exit code; absent means EXIT_OK. */
export type SetExit = (code: number) => void
export type Register = (program: Command, deps: Deps, exit: SetExit) => void
