/**
 * Errors as a person meets them: what is wrong, then what to do.
 * Exit codes: 0 fine, 1 the command found problems (and said them), 2 it could not do what was asked.
 */
import { CommanderError } from 'commander'
import { ConfigFailure, problemPlace } from '../../app/config/problem.ts'
import { didYouMean } from '../../core/did-you-mean.ts'
import { Failure } from '../../core/failure.ts'
import type { Io } from '../io.ts'
import { paletteFor } from './colour.ts'
import { printable } from './printable.ts'

export const EXIT_OK = 0
export const EXIT_FOUND = 1
export const EXIT_ERROR = 2

export const usage = (message: string, remedy: string): Failure => new Failure('USAGE', message, { remedy })

/** Failures that are an answer to the question asked: not found, refused by a guard. */
const ANSWERS: ReadonlySet<string> = new Set(['NOT_FOUND', 'REFUSED'])

const SYSTEM: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['there is no such file', 'Check the path.'],
  EACCES: ['permission denied', 'Run as a user that may read it, or change its permissions.'],
  EISDIR: ['it is a folder', 'Name a file.'],
  ENOSPC: ['the disk is full', 'Make room and try again.'],
  EMFILE: ['too many open files', 'Raise the limit (ulimit -n) or give fewer files at once.'],
  EADDRINUSE: ['the address is in use', 'Stop the other program or choose another port.'],
}

interface Told {
  readonly message: string
  readonly remedy?: string | undefined
}

const told = (error: unknown): Told => {
  if (error instanceof CommanderError) return commanderWords(error)
  if (error instanceof Failure) return { message: error.message, remedy: error.remedy }
  const system = error as NodeJS.ErrnoException
  const words = typeof system?.code === 'string' ? SYSTEM[system.code] : undefined
  if (words) return { message: `${system.path ?? system.syscall ?? system.code}: ${words[0]}`, remedy: words[1] }
  return {
    message: `unexpected: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'This is a defect in Riposte. Run again with RIPOSTE_DEBUG=1 and report what it prints.',
  }
}

/** commander puts its advice into the message; we give it a line of its own. */
const commanderWords = (error: CommanderError): Told => {
  const message = error.message.replace(/^error: /, '')
  const near = /\n\(Did you mean (.+?)\?\)$/s.exec(message)
  if (near) return { message: message.slice(0, near.index), remedy: `Did you mean ${near[1]}?` }
  const choices = / Allowed choices are (.+)\.$/s.exec(message)
  if (choices) {
    const known = choices[1]!.split(', ')
    const given = /argument '([^']*)' is invalid/.exec(message)?.[1]
    const guess = given === undefined ? undefined : didYouMean(given, known)
    return {
      message: message.slice(0, choices.index),
      remedy: `${guess ? `Did you mean ${guess}? ` : ''}One of: ${choices[1]}.`,
    }
  }
  return { message, remedy: 'See riposte --help, or riposte COMMAND --help.' }
}

/** Prints `error` to the error stream; returns the exit code. */
export const reportError = (io: Io, error: unknown): number => {
  const c = paletteFor(io.err, io.env)
  const say = (label: string, text: string): void => {
    const [first = '', ...more] = text.split('\n')
    io.err.write(`${label} ${printable(first)}\n${more.map((line) => `       ${printable(line)}\n`).join('')}`)
  }
  const errorLabel = c.red(c.bold('error:'))
  const fixLabel = c.green(c.bold('fix:  '))
  if (error instanceof ConfigFailure) {
    for (const problem of error.problems) {
      const key = problem.key === '' ? '' : `${problem.key}: `
      say(errorLabel, `${problemPlace(problem)}: ${key}${problem.message}`)
      if (problem.remedy) say(fixLabel, problem.remedy)
    }
    return EXIT_ERROR
  }
  const { message, remedy } = told(error)
  say(errorLabel, message)
  if (remedy) say(fixLabel, remedy)
  if (io.env['RIPOSTE_DEBUG'] && error instanceof Error)
    io.err.write(`${printable(error.stack ?? '').replaceAll('\\n', '\n')}\n`)
  return error instanceof Failure && ANSWERS.has(error.code) ? EXIT_FOUND : EXIT_ERROR
}
