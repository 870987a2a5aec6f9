/** @returns `//…` for the spellings `@//…` and `@@//…` of a main-repository label, any other label as it is */
export function mainRepoSpelling(label: string): string {
  if (label.startsWith('@//')) return label.slice(1);
  return label.startsWith('@@//') ? label.slice(2) : label;
}

/** @returns the text before the first `:`, or the whole label without one */
export function packageOf(label: string): string {
  const colon = label.indexOf(':');
  return colon === -1 ? label : label.slice(0, colon);
}
