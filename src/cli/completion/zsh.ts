import type { CompletionNode } from './completion-tree.ts';
import { quotePosix } from '../../core/quote-posix.ts';

/** Shows the summaries and descriptions beside the words. */
export function zshCompletion(tree: readonly CompletionNode[]): string {
  return `#compdef dewar
# Completion of dewar for zsh: source <(dewar completion zsh), after compinit
_dewar_node() {
  subwords=() flags=() valued=() choices=()
  case "$1" in
${tree.map(nodeCase).join('\n')}
  esac
  subnames=("\${(@)subwords%%:*}")
}
_dewar_values() {
  choices=()
  case "$1:$2" in
${tree.flatMap(valueCases).join('\n')}
  esac
}
_dewar() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} node='' word
  local -a subwords subnames flags valued choices
  local -i i
  _dewar_node ''
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if ((\${valued[(Ie)$word]})); then
      ((i++))
    elif ((\${subnames[(Ie)$word]})); then
      node="\${node:+$node }$word"
      _dewar_node "$node"
    fi
  done
  if [[ $cur == --*=* ]]; then
    _dewar_values "$node" "\${cur%%=*}"
    compset -P '*='
    if ((\${#choices})); then compadd -a choices; else _files; fi
  elif ((\${valued[(Ie)$prev]})); then
    _dewar_values "$node" "$prev"
    if ((\${#choices})); then compadd -a choices; else _files; fi
  elif [[ $cur == -* ]]; then
    _describe -o option flags
  elif ((\${#subwords})); then
    _describe command subwords
  elif ((\${#choices})); then
    compadd -a choices
  else
    _files
  fi
}
compdef _dewar dewar
`;
}

function nodeCase({ path, words, options, choices }: CompletionNode): string {
  const lists = {
    subwords: words.map(({ word, summary }) => described(word, summary)),
    flags: options.flatMap(({ names, description }) => names.map((name) => described(name, description))),
    valued: options.filter(({ takesValue }) => takesValue).flatMap(({ names }) => names),
    choices,
  };
  const assignments = Object.entries(lists)
    .filter(([, list]) => list.length > 0)
    .map(([name, list]) => `      ${name}=(${list.map(quotePosix).join(' ')})`);
  return [`    ${quotePosix(path)})`, ...assignments, '      ;;'].join('\n');
}

function valueCases({ path, options }: CompletionNode): string[] {
  return options
    .filter(({ choices }) => choices.length > 0)
    .map(({ names, choices }) => {
      const patterns = names.map((name) => quotePosix(`${path}:${name}`)).join('|');
      return `    ${patterns}) choices=(${choices.map(quotePosix).join(' ')}) ;;`;
    });
}

/** `_describe` takes the first colon that is not escaped for the end of the word. */
function described(word: string, text: string): string {
  return `${word.replaceAll(':', String.raw`\:`)}:${text.replaceAll(/\s+/gu, ' ')}`;
}
