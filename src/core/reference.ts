/**
 * The reference code of a decision: all that a banned visitor, a DNS answer or a bouncer learns of it. Twelve hex
 * digits in groups; `riposte why R-1A2B-3C4D-5E6F` leads back from it to the decision.
 */
const CODE = /^R-?([0-9A-F]{4})-?([0-9A-F]{4})-?([0-9A-F]{4})$/

/** `R-1A2B-3C4D-5E6F` for `d-1a2b3c4d5e6f…`. */
export const referenceOf = (decisionId: string): string => {
  const hex = decisionId.slice(2, 14).toUpperCase()
  return `R-${hex.slice(0, 4)}-${hex.slice(4, 8)}-${hex.slice(8, 12)}`
}

/** The first characters of the decision's id, or undefined when the text is no reference code. Case and dashes may differ. */
export const idPrefixOf = (reference: string): string | undefined => {
  const groups = CODE.exec(reference.trim().toUpperCase())
  return groups ? `d-${groups.slice(1).join('').toLowerCase()}` : undefined
}
