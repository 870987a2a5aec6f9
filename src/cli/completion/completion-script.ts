import type { Registry } from '../route-argv.ts';
import { bashCompletion } from './bash.ts';
import { completionTree } from './completion-tree.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

/** @returns a script that the shell sources */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', registry: Registry): string {
  const tree = completionTree(registry);
  switch (shell) {
    case 'bash':
      return bashCompletion(tree);
    case 'zsh':
      return zshCompletion(tree);
    default:
      return fishCompletion(tree);
  }
}
