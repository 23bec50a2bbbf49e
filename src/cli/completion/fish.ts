import { type CommandNode, type OptionNode, walk } from './command-tree.ts'

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const optionLine = (condition: string, option: OptionNode): string => {
  const flags = option.flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
  const value = !option.takesValue
    ? ''
    : option.takesFile
      ? ' -r -F'
      : ` -x${option.words.length > 0 ? ` -a ${quote(option.words.join(' '))}` : ''}`
  return `complete -c riposte -n ${quote(condition)} ${flags.join(' ')}${value} -d ${quote(option.summary)}`
}

export const fishCompletion = (tree: CommandNode): string => {
  const lines = walk(tree).flatMap(({ path, node }) => {
    const at = `__riposte_at ${path.join(' ')}`.trim()
    return [
      ...node.commands.map((sub) => `complete -c riposte -n ${quote(at)} -a ${sub.name} -d ${quote(sub.summary)}`),
      ...(node.words.length > 0 ? [`complete -c riposte -n ${quote(at)} -a ${quote(node.words.join(' '))}`] : []),
      ...(node.takesFile ? [`complete -c riposte -n ${quote(at)} -F`] : []),
      ...node.options.map((option) => optionLine(at, option)),
    ]
  })
  return `# fish completion for riposte; made by: riposte completion fish
# True when the commands typed so far are exactly the given ones; options and what follows the last command are passed over.
function __riposte_at
    set -l typed (commandline -opc)
    set -e typed[1]
    set -l path
    for word in $typed
        set -l next (string join ' ' -- $path $word)
        contains -- "$next" $__riposte_paths; and set -a path $word
    end
    test "$path" = "$argv"
end
set -g __riposte_paths ${walk(tree)
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => quote(path.join(' ')))
    .join(' ')}
complete -c riposte -f
${lines.join('\n')}
`
}
