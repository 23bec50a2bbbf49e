/** A node of the syntax tree as the CEL parser hands it out. */
export interface Node {
  readonly op: string
  readonly args: unknown
  readonly pos?: number
}

export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'op' in value
