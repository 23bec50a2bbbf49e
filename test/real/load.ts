/** Load with a name on every request: wrk, whose user agents are numbered, so that each can be found in every log. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The Debian package that it needs. */
export const LOAD_PACKAGES = ['wrk'] as const

/** One request in eight is an attack, so that records are of both kinds and of many lengths. */
const SCRIPT = `
local threads = 0
function setup(thread) thread:set("id", threads); threads = threads + 1 end
function init(args) count = 0 end
function request()
  count = count + 1
  wrk.headers["User-Agent"] = "load/" .. id .. "-" .. count
  if count % 8 == 0 then
    return wrk.format("GET", "/item?q=%3Cscript%3Ealert(" .. count .. ")%3C/script%3E&pad=" .. string.rep("x", count % 1500))
  end
  return wrk.format("GET", "/page?n=" .. count)
end
`

/** Runs until `seconds` have passed; resolves to wrk's report. */
export const load = async (url: string, seconds: number, connections = 4): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'riposte-load-'))
  try {
    const script = join(dir, 'numbered.lua')
    await writeFile(script, SCRIPT)
    const child = spawn('wrk', ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', script, url], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let report = ''
    child.stdout.on('data', (chunk) => {
      report += chunk
    })
    child.stderr.on('data', (chunk) => {
      report += chunk
    })
    const [code] = (await once(child, 'exit')) as [number]
    if (code !== 0) throw new Error(`wrk: ${report}`)
    return report
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
