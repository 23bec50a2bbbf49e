import type { Command } from 'commander'

/** What a shell needs to know of a command; made from the commander program, so that the two cannot differ. */
export interface CommandNode {
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionNode[]
  readonly commands: readonly CommandNode[]
  /** Words that the first argument may be; empty when it is free. */
  readonly words: readonly string[]
  readonly takesFile: boolean
}

export interface OptionNode {
  readonly flags: readonly string[]
  readonly summary: string
  readonly takesValue: boolean
  readonly words: readonly string[]
  readonly takesFile: boolean
}

const FILE_ARGUMENT = /^(?:file|path)$/

export const commandTree = (command: Command): CommandNode => {
  const help = command.createHelp()
  const [first] = command.registeredArguments
  return {
    name: command.name(),
    summary: command.description(),
    options: help.visibleOptions(command).map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined && flag !== null),
      summary: option.description,
      takesValue: option.required || option.optional,
      words: option.argChoices ?? [],
      takesFile: /<(?:file|path)>/.test(option.flags),
    })),
    commands: help
      .visibleCommands(command)
      .filter((sub) => sub.name() !== 'help')
      .map(commandTree),
    words: first?.argChoices ?? [],
    takesFile: first !== undefined && FILE_ARGUMENT.test(first.name()),
  }
}

/** Every node with the names that lead to it; the root's path is empty. */
export const walk = (
  node: CommandNode,
  path: readonly string[] = [],
): readonly { readonly path: readonly string[]; readonly node: CommandNode }[] => [
  { path, node },
  ...node.commands.flatMap((sub) => walk(sub, [...path, sub.name])),
]
