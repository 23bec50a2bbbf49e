import type { Alert } from '../../core/alert.ts'
import { type Decision, isActive } from '../../core/decision.ts'
import { eventJson } from '../../core/event-json.ts'
import { type Address, type Cidr, inCidr, parseAddress, parseCidr } from '../../core/ip.ts'
import { idPrefixOf } from '../../core/reference.ts'
import type { Millis } from '../../core/time.ts'
import type { Archive, Enforcement } from '../../kit/store.ts'
import { installationOptions, jsonOption } from '../arguments.ts'
import type { Deps } from '../deps.ts'
import { byId } from '../ids.ts'
import { widthOf } from '../io.ts'
import type { Register } from '../register.ts'
import { subjectValue } from '../subject-value.ts'
import { paletteFor } from '../ui/colour.ts'
import { decisionScreen, type WhyPage } from '../ui/decision-screen.ts'
import { EXIT_FOUND, EXIT_OK, usage } from '../ui/errors.ts'
import { alertJson, allowJson, decisionJson, printJson, proofJson } from '../ui/json.ts'
import { untouchedScreen } from '../ui/untouched-screen.ts'
import { readStore } from '../with-store.ts'

interface Place {
  config?: string
  state?: string
  json?: boolean
  all?: boolean
}

/** Events drawn unless --all is given: the first and the latest. */
const SHOWN = 5

export const register: Register = (program, deps, exit) => {
  installationOptions(program.command('why').description('Backwards from a block to the bytes, or why there is none.'))
    .argument('<decision-or-ip>', 'd-…, R-…, an address or a network')
    .option('--all', 'draw every event that is kept')
    .addOption(jsonOption())
    .action(async (what: string, options: Place) => exit(await showWhy(deps, what, options)))
}

/** Prints the page; EXIT_FOUND when no decision is about `what`. */
export const showWhy = async (deps: Deps, what: string, options: Place): Promise<number> => {
  const { io } = deps
  const now = io.now()
  const cidr = parseCidr(what)
  const id = idPrefixOf(what) ?? what
  if (!cidr && !/^d-[0-9a-f]+$/.test(id))
    throw usage(
      `${JSON.stringify(what)} is neither a decision nor an address`,
      'Write d-… as shown by riposte decisions --json, the R-… that a visitor was shown, or an address.',
    )
  const screen = { colours: paletteFor(io.out, io.env), width: widthOf(io.out) }
  return readStore(deps, options, async (archive) => {
    const decision = cidr
      ? await aboutAddress(archive, cidr, now)
      : await byId(
          id,
          (id) => archive.decisions({ id, limit: 1 }),
          (limit) => archive.decisions({ limit }),
        )
    if (decision) {
      const page = await pageOf(archive, decision)
      if (options.json)
        printJson(io, {
          decision: decisionJson(decision),
          ...(page.alert ? { alert: alertJson(page.alert) } : {}),
          events: page.events.map(eventJson),
          proofs: page.proofs.map(proofJson),
        })
      else
        io.out.write(
          `${decisionScreen(page, screen, now, options.all ? Number.POSITIVE_INFINITY : SHOWN).join('\n')}\n`,
        )
      return EXIT_OK
    }
    const value = cidr ? subjectValue(cidr) : undefined
    const alerts = value === undefined ? [] : await archive.alerts({ subject: value, limit: 5 })
    const events = cidr && !cidr.text.includes('/') ? await archive.events({ clientIp: cidr.text, limit: 5 }) : []
    const address = cidr && parseAddress(cidr.text.split('/')[0]!)
    const allowed =
      address === undefined ? undefined : (await archive.allowlist()).find((entry) => covers(entry.value, address))
    if (options.json)
      printJson(io, {
        decision: null,
        alerts: alerts.map(alertJson),
        events: events.map(eventJson),
        allowlist: allowed ? allowJson(allowed) : null,
      })
    else io.out.write(`${untouchedScreen({ what, alerts, events, allowed }, screen).join('\n')}\n`)
    return EXIT_FOUND
  })
}

const covers = (text: string, address: Address): boolean => {
  const cidr = parseCidr(text)
  return cidr !== undefined && inCidr(address, cidr)
}

/** The decision that holds for an address: its own, its /64's or a range's; the active one first, else the latest. */
const aboutAddress = async (archive: Archive, cidr: Cidr, now: Millis): Promise<Decision | undefined> => {
  const values = new Set([cidr.text, subjectValue(cidr)])
  const own = (await Promise.all([...values].map((value) => archive.decisions({ value, limit: 20 })))).flat()
  const active = own.find((d) => isActive(d, now))
  if (active) return active
  const ranges = (await archive.decisions({ activeAt: now, limit: 10_000 })).filter((d) => d.scope === 'Range')
  const around = ranges.find((d) => covers(d.value, cidr.address))
  return around ?? own.toSorted((a, b) => b.startsAt - a.startsAt)[0]
}

const pageOf = async (archive: Archive & Enforcement, decision: Decision): Promise<WhyPage> => {
  const [alert]: readonly (Alert | undefined)[] =
    decision.alert === undefined ? [] : await archive.alerts({ ids: [decision.alert], limit: 1 })
  const ids = [...new Set([...decision.events, ...(alert?.events ?? [])])]
  const events = ids.length === 0 ? [] : await archive.events({ ids, limit: ids.length })
  const [proofs, points] = await Promise.all([archive.proofs(decision.id), archive.points()])
  return { decision, ...(alert ? { alert } : {}), events: events.toSorted((a, b) => a.time - b.time), proofs, points }
}
