/**
 * A log writer that does what web servers do, on command: one command a line on standard input, one answer a line.
 *   open PATH [noappend]   close   write N [PAD]   partial [PAD]   rest   reset   exit
 * Lines are numbered without a gap over the whole life of the process, or since `reset`, so a reader can prove that it has all of them.
 * What fills the lines differs from life to life: tests run side by side, the inode of a file that one deletes may go to
 * another's, and two logs that begin with the same bytes are by right taken for one.
 * `open` while another file is open is a reopen; the descriptor is otherwise kept whatever happens to the name.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

let fd: number | undefined
let next = 0
let half = ''
let filling = randomBytes(8).toString('hex')

const line = (pad: number): string =>
  `${JSON.stringify({ n: next++, pad: filling.repeat(Math.ceil(pad / 16)).slice(0, pad) })}\n`

const obey = (verb: string, args: readonly string[]): void => {
  const pad = (at: number) => Number(args[at] ?? 20)
  if (verb === 'open') {
    if (fd !== undefined) closeSync(fd)
    fd = openSync(args[0]!, args[1] === 'noappend' ? 'w' : 'a', 0o644)
  } else if (verb === 'close') {
    if (fd !== undefined) closeSync(fd)
    fd = undefined
  } else if (verb === 'write') for (let i = Number(args[0]); i > 0; i--) writeSync(fd!, line(pad(1)))
  else if (verb === 'partial') {
    const text = line(pad(0))
    const cut = Math.floor(text.length / 2)
    writeSync(fd!, text.slice(0, cut))
    half = text.slice(cut)
  } else if (verb === 'rest') {
    writeSync(fd!, half)
    half = ''
  } else if (verb === 'reset') {
    obey('close', [])
    next = 0
    filling = randomBytes(8).toString('hex')
  } else if (verb === 'exit') process.exit(0)
  else throw new Error(`unknown command ${verb}`)
}

for await (const command of createInterface({ input: process.stdin })) {
  const [verb, ...args] = command.split(' ')
  obey(verb!, args)
  process.stdout.write(`${next}\n`)
}
