import { type CommandNode, walk } from './command-tree.ts'

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** Works with bash 3.2 (macOS) and without the bash-completion package. */
export const bashCompletion = (tree: CommandNode): string => {
  const nodes = walk(tree)
  const cases = nodes.map(({ path, node }) => {
    const words = [...node.commands.map((sub) => sub.name), ...node.words]
    const flags = node.options.flatMap((option) => option.flags)
    const files = node.takesFile ? ' files=1' : ''
    return `    ${quote(path.join(' '))}) words=${quote(words.join(' '))} flags=${quote(flags.join(' '))}${files} ;;`
  })
  const values = nodes.flatMap(({ path, node }) =>
    node.options
      .filter((option) => option.takesValue)
      .map((option) => {
        const labels = option.flags.map((flag) => quote(`${path.join(' ')} ${flag}`.trim())).join('|')
        return `    ${labels}) value=1 words=${quote(option.words.join(' '))}${option.takesFile ? ' files=1' : ''} ;;`
      }),
  )
  const groups = nodes.filter(({ node }) => node.commands.length > 0)
  const subs = groups.flatMap(({ path, node }) => node.commands.map((sub) => quote([...path, sub.name].join(' '))))
  return `# bash completion for riposte; made by: riposte completion bash
_riposte() {
  local cur prev path='' word i words='' flags='' value='' files=''
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD-1]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "\${path:+$path }$word" in
    ${subs.join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "\${path:+$path }$prev" in
${values.join('\n')}
  esac
  if [[ -z $value ]]; then
    case "$path" in
${cases.join('\n')}
    esac
    [[ $cur == -* ]] && words=$flags files=''
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ -n $files ]]; then
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$cur"))
    type compopt >/dev/null 2>&1 && compopt -o filenames
  fi
}
complete -F _riposte riposte
`
}
