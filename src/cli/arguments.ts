/**
 * What a typed word means: used as commander's value parsers, so that a wrong value is refused before anything is
 * opened. They throw `Failure` USAGE with what to write instead.
 */
import { type Command, Option } from 'commander'
import { FORMATS } from '../app/config/schema.ts'
import { canonicalDomain } from '../core/domain-name.ts'
import { parseDuration } from '../core/duration.ts'
import type { Failure } from '../core/failure.ts'
import { type Cidr, canonicalIp, parseCidr } from '../core/ip.ts'
import type { Millis } from '../core/time.ts'
import { type Endpoint, parseEndpoint } from '../kit/scalars.ts'
import type { Io } from './io.ts'
import { usage } from './ui/errors.ts'

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const

export const toCidr = (text: string): Cidr => {
  const cidr = parseCidr(text)
  if (!cidr)
    throw usage(
      `${JSON.stringify(text)} is not an address or network`,
      'Write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32.',
    )
  return cidr
}

export const collectCidrs = (text: string, before: readonly Cidr[] = []): readonly Cidr[] => [...before, toCidr(text)]

export const toIp = (text: string): string => {
  const ip = canonicalIp(text)
  if (!ip) throw usage(`${JSON.stringify(text)} is not an address`, 'Write an IPv4 or IPv6 address such as 192.0.2.7.')
  return ip
}

export const toDomain = (text: string): string => {
  const name = canonicalDomain(text)
  if (!name) throw usage(`${JSON.stringify(text)} is not a domain name`, 'Write a name such as bl.example.net.')
  return name
}

export const toEndpoint = (text: string): Endpoint => {
  const place = parseEndpoint(text) ?? (canonicalIp(text) ? { host: canonicalIp(text)!, port: 53 } : undefined)
  if (!place) throw usage(`${JSON.stringify(text)} is not a server`, 'Write 127.0.0.1:5353, [::1]:53 or an address.')
  return place
}

export const toDuration = (text: string): Millis => {
  try {
    return parseDuration(text)
  } catch (error) {
    throw usage((error as Failure).message, (error as Failure).remedy ?? '')
  }
}

export const toLimit = (text: string): number => {
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : 0
  if (limit < 1) throw usage(`${JSON.stringify(text)} is not a count`, 'Write a whole number from 1 on.')
  return limit
}

/** A moment: a duration means that long ago, else ISO 8601 (UTC where no zone is given). */
export const toMoment =
  (io: Io) =>
  (text: string): Millis => {
    if (/^[\d]+(?:ms|[smhdw])/.test(text)) return io.now() - toDuration(text)
    const bare = text.trim().replace(' ', 'T')
    const at = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?(?:Z|[+-]\d{2}:\d{2})?$/.test(bare)
      ? Date.parse(/T.*(?:Z|[+-]\d{2}:\d{2})$/.test(bare) || !bare.includes('T') ? bare : `${bare}Z`)
      : Number.NaN
    if (Number.isNaN(at))
      throw usage(`${JSON.stringify(text)} is not a time`, 'Write 2h, 7d, 2026-11-22 or 2026-11-22T07:30:00Z.')
    return at
  }

export const jsonOption = (): Option => new Option('--json', 'print JSON for programs')

export const formatOption = (): Option =>
  new Option('--format <format>', 'format of the log').choices(FORMATS).default('auto')

export const proxyOption = (): Option =>
  new Option('--trusted-proxy <network>', 'believe this proxy about the client; repeatable')
    .argParser(collectCidrs)
    .default([], 'none')

export const configOption = (): Option =>
  new Option('-c, --config <file>', 'configuration (else $RIPOSTE_CONFIG, ./riposte.yaml, /etc/riposte/riposte.yaml)')

/** `--config` and `--state`, for every command that looks into the installation. */
export const installationOptions = (command: Command): Command =>
  command
    .addOption(configOption())
    .option('--state <path>', 'state to use instead of the configured one: a file or a postgres:// URL')
