import { Argument } from 'commander'
import { bashCompletion } from '../completion/bash.ts'
import { commandTree } from '../completion/command-tree.ts'
import { fishCompletion } from '../completion/fish.ts'
import { zshCompletion } from '../completion/zsh.ts'
import type { Register } from '../register.ts'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

export const register: Register = (program, deps) => {
  program
    .command('completion')
    .description('Print the completion script of a shell.')
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `\nExamples:\n  riposte completion bash > /etc/bash_completion.d/riposte\n  riposte completion zsh  > "\${fpath[1]}/_riposte"\n  riposte completion fish > ~/.config/fish/completions/riposte.fish\n`,
    )
    .action((shell: keyof typeof SHELLS) => {
      deps.io.out.write(SHELLS[shell](commandTree(program)))
    })
}
