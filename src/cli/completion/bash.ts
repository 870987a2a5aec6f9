import type { CompletionNode } from './completion-tree.ts';
import { quotePosix } from '../../core/quote-posix.ts';

/** Works from bash 3.2 on. File names come from readline itself, when there is nothing of ours to offer. */
export function bashCompletion(tree: readonly CompletionNode[]): string {
  return `# Completion of dewar for bash: source <(dewar completion bash)
_dewar_node() {
  words='' options='' valued='' choices=''
  case "$1" in
${tree.map(nodeCase).join('\n')}
  esac
}
_dewar_values() {
  case "$1:$2" in
${tree.flatMap(valueCases).join('\n')}
  esac
}
_dewar() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} path='' word i
  local words options valued choices offer
  if [[ $cur == = ]]; then cur=''; elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  _dewar_node ''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $valued == *" $word "* ]]; then
      i=$((i + 1))
      if [[ \${COMP_WORDS[i]} == = ]]; then i=$((i + 1)); fi
    elif [[ $words == *" $word "* ]]; then
      path="\${path:+$path }$word"
      _dewar_node "$path"
    fi
  done
  if [[ $valued == *" $prev "* ]]; then
    offer=$(_dewar_values "$path" "$prev")
  elif [[ $cur == -* ]]; then
    offer=$options
  else
    offer="$words $choices"
  fi
  COMPREPLY=($(compgen -W "$offer" -- "$cur"))
}
complete -o default -F _dewar dewar
`;
}

function nodeCase({ path, words, options, choices }: CompletionNode): string {
  const names = options.flatMap((option) => option.names);
  const valued = options.filter(({ takesValue }) => takesValue).flatMap((option) => option.names);
  const lists = {
    words: words.map(({ word }) => word),
    options: names,
    valued,
    choices,
  };
  const assignments = Object.entries(lists)
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `${name}=${quotePosix(` ${list.join(' ')} `)}`);
  return `    ${quotePosix(path)}) ${assignments.join(' ') || ':'} ;;`;
}

function valueCases({ path, options }: CompletionNode): string[] {
  return options
    .filter(({ choices }) => choices.length > 0)
    .map(({ names, choices }) => {
      const patterns = names.map((name) => quotePosix(`${path}:${name}`)).join(' | ');
      return `    ${patterns}) echo ${quotePosix(choices.join(' '))} ;;`;
    });
}
