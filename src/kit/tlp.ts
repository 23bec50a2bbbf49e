/** How far a thing may travel: the Traffic Light Protocol 2.0 of FIRST, from everybody to those who were told alone. */
export const TLP = ['clear', 'green', 'amber', 'red'] as const
export type Tlp = (typeof TLP)[number]

export const exceeds = (tlp: Tlp, ceiling: Tlp): boolean => TLP.indexOf(tlp) > TLP.indexOf(ceiling)
