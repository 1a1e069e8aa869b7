import { script } from '@bomb.sh/tab';
import { Argument, type Command } from 'commander';
import type { Context } from '../context.js';
import { BASH_SCRIPT } from './bashScript.js';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
type Shell = (typeof SHELLS)[number];

export function addCompletion(completion: Command, context: Context): void {
  completion
    .addArgument(new Argument('<shell>', 'for which shell').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell: Shell) => context.print(scriptFor(shell)));
}

function scriptFor(shell: Shell): string {
  if (shell === 'bash') return BASH_SCRIPT;
  let said = '';
  const { log } = console;
  console.log = (text: string) => void (said += text);
  try {
    script(shell, 'sluice', 'sluice'); // it knows no other way than to print
  } finally {
    console.log = log;
  }
  return said;
}

const HELP = `
The script asks \`sluice\` by that name: it must be on the PATH, or be an alias or a function.

  bash        echo 'source <(sluice completion bash)' >> ~/.bashrc
  zsh         echo 'source <(sluice completion zsh)' >> ~/.zshrc, after compinit
  fish        sluice completion fish > ~/.config/fish/completions/sluice.fish
  powershell  sluice completion powershell >> $PROFILE

In a checkout, before that: sluice() { "$HOME/sluice/bin/sluice.mjs" "$@"; }

Ids of lanes, portals, executions and the like come from the API, if it answers within half a second.

Example:
  $ source <(sluice completion bash)`;
