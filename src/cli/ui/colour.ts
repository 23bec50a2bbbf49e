import type { Remediation } from '../../core/decision.ts'
import type { Disposition, Severity } from '../../core/event.ts'
import type { Io, Out } from '../io.ts'

export type Paint = (text: string) => string

export interface Palette {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly green: Paint
  readonly yellow: Paint
  readonly blue: Paint
  readonly magenta: Paint
  readonly cyan: Paint
  /** White on red, for what must be seen first. */
  readonly alarm: Paint
}

const plain: Paint = (text) => text
const sgr =
  (open: string, close: string): Paint =>
  (text) =>
    text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`

export const NO_COLOURS: Palette = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  blue: plain,
  magenta: plain,
  cyan: plain,
  alarm: plain,
}

/** The 16 colours that every theme maps, so that light and dark terminals both stay readable. */
const COLOURS: Palette = {
  bold: sgr('1', '22'),
  dim: sgr('2', '22'),
  red: sgr('31', '39'),
  green: sgr('32', '39'),
  yellow: sgr('33', '39'),
  blue: sgr('34', '39'),
  magenta: sgr('35', '39'),
  cyan: sgr('36', '39'),
  alarm: sgr('1;37;41', '22;39;49'),
}

/** no-color.org: NO_COLOR set to anything but '' means none; FORCE_COLOR wins over a missing terminal, not over NO_COLOR. */
export const usesColour = (out: Out, env: Io['env']): boolean => {
  if (env['NO_COLOR']) return false
  const force = env['FORCE_COLOR']
  if (force !== undefined) return force !== '0' && force !== 'false'
  return out.isTTY === true && env['TERM'] !== 'dumb'
}

export const paletteFor = (out: Out, env: Io['env']): Palette => (usesColour(out, env) ? COLOURS : NO_COLOURS)

export const severityPaint = (c: Palette, severity: Severity): Paint =>
  ({ info: c.dim, low: plain, medium: c.yellow, high: c.red, critical: c.alarm })[severity]

export const remediationPaint = (c: Palette, type: Remediation): Paint =>
  ({ watch: c.cyan, throttle: c.yellow, captcha: c.magenta, ban: c.red })[type]

export const dispositionPaint = (c: Palette, disposition: Disposition): Paint =>
  ({ blocked: c.green, detected: c.yellow, allowed: c.dim })[disposition]
