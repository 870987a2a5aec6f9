import type { CompletionNode, CompletionOption } from './completion-tree.ts';
import { quoteFish } from './quote-fish.ts';

/** fish parses options itself; a function finds out which words of a command stand before the cursor. */
export function fishCompletion(tree: readonly CompletionNode[]): string {
  const valued = tree.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ names }) => names.map((name) => `${path}:${name}`)),
  );
  return `# Completion of dewar for fish: dewar completion fish | source
set -g __dewar_paths ${tree.map(({ path }) => quoteFish(path)).join(' ')}
set -g __dewar_valued ${valued.map(quoteFish).join(' ')}
function __dewar_path
    set -l path ''
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- "$path:$word" $__dewar_valued
            set skip 1
        else
            set -l next (string trim -- "$path $word")
            if contains -- $next $__dewar_paths
                set path $next
            end
        end
    end
    echo $path
end
function __dewar_at
    set -l path (__dewar_path)
    test "$path" = "$argv[1]"
end
complete -c dewar -e
complete -c dewar -f
${tree.flatMap(nodeLines).join('\n')}
`;
}

function nodeLines({ path, words, options, choices }: CompletionNode): string[] {
  const at = `complete -c dewar -n ${quoteFish(`__dewar_at ${quoteFish(path)}`)}`;
  return [
    ...words.map(({ word, summary }) => `${at} -a ${quoteFish(word)} -d ${quoteFish(summary)}`),
    ...choices.map((choice) => `${at} -a ${quoteFish(choice)}`),
    ...options.map((option) => `${at} ${optionFlags(option)}`),
  ];
}

function optionFlags({ names, description, takesValue, choices }: CompletionOption): string {
  const flags = names.map((name) => {
    if (name.startsWith('--')) return `-l ${quoteFish(name.slice(2))}`;
    // A short name of several letters is what fish calls an old-style option.
    return `${name.length === 2 ? '-s' : '-o'} ${quoteFish(name.slice(1))}`;
  });
  if (choices.length > 0) flags.push(`-x -a ${quoteFish(choices.join(' '))}`);
  else if (takesValue) flags.push('-r -F');
  return `${flags.join(' ')} -d ${quoteFish(description)}`;
}
