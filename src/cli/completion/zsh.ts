import { type CommandNode, type OptionNode, walk } from './command-tree.ts'

/** Text inside a single-quoted _arguments spec: brackets, colons and quotes mean something there. */
const plain = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''")

const functionName = (path: readonly string[]): string => ['_riposte', ...path].join('_')

const optionSpec = (option: OptionNode): string => {
  const value = !option.takesValue
    ? ''
    : option.words.length > 0
      ? `:value:(${option.words.join(' ')})`
      : `:value:${option.takesFile ? '_files' : ' '}`
  const exclusive =
    option.flags.length > 1 ? `'(${option.flags.join(' ')})'{${option.flags.join(',')}}` : option.flags[0]
  return `${exclusive}'[${plain(option.summary)}]${value}'`
}

const body = (path: readonly string[], node: CommandNode): string => {
  const options = node.options.map(optionSpec)
  if (node.commands.length === 0) {
    const argument =
      node.words.length > 0 ? [`'1:word:(${node.words.join(' ')})'`] : node.takesFile ? ["'*:file:_files'"] : []
    return `  _arguments ${[...options, ...argument].join(' \\\n    ')}`
  }
  const described = node.commands.map((sub) => `'${sub.name}:${plain(sub.summary)}'`).join(' ')
  const cases = node.commands.map((sub) => `      ${sub.name}) ${functionName([...path, sub.name])} ;;`).join('\n')
  return `  local context state state_descr line
  typeset -A opt_args
  _arguments -C ${[...options, "'1: :->command'", "'*:: :->rest'"].join(' \\\n    ')}
  case $state in
    command) local -a commands; commands=(${described}); _describe command commands ;;
    rest) case $line[1] in
${cases}
      esac ;;
  esac`
}

export const zshCompletion = (tree: CommandNode): string => `#compdef riposte
# zsh completion for riposte; made by: riposte completion zsh
${walk(tree)
  .map(({ path, node }) => `${functionName(path)}() {\n${body(path, node)}\n}`)
  .join('\n')}
if [[ $funcstack[1] == _riposte ]]; then _riposte "$@"; else compdef _riposte riposte; fi
`
