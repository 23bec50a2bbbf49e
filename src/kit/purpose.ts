/** What each zone is for. A zone has one purpose: whoever asks takes any answer as a hit. */
import { REMEDIATIONS, type Remediation } from '../core/decision.ts'

export const PURPOSES = ['ban', 'forward', 'throttle', 'watch', 'allow'] as const
export type Purpose = (typeof PURPOSES)[number]

/** Where a remedy is listed; the banned are in `forward`, too. */
export const PURPOSE_OF: Readonly<Record<Remediation, 'ban' | 'throttle' | 'watch'>> = {
  ban: 'ban',
  captcha: 'throttle',
  throttle: 'throttle',
  watch: 'watch',
}

/** The other way round: what is listed for a purpose. */
export const TYPES_OF: Readonly<Record<'ban' | 'throttle' | 'watch', readonly Remediation[]>> = {
  ban: ['ban'],
  throttle: ['throttle', 'captcha'],
  watch: ['watch'],
}

/** The remedies that a zone lists, one bit each in the order of REMEDIATIONS. */
export const typesOf = (purpose: Purpose): number =>
  purpose === 'allow'
    ? 255
    : REMEDIATIONS.reduce(
        (mask, type, i) => (PURPOSE_OF[type] === (purpose === 'forward' ? 'ban' : purpose) ? mask | (1 << i) : mask),
        0,
      )
