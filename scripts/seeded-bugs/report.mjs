/** @returns docs/seeded-bugs.md */
export function reportOf(tables, results) {
  return [
    '# Seeded bugs',
    '',
    'Made by `node scripts/seeded-bugs.mjs --write`: one rule of the tiers is broken after the other, and the property test of tiers',
    '(test/e2e/tiers-property.test.ts) draws edits of the kinds that concern it until an answer is wrong. "Edits" says after how many',
    'the test failed, over repositories of 50 edits. The seed is printed by the test; another one gives other numbers.',
    '',
    ...Object.entries(tables).flatMap(([title, bugs]) => [
      `## ${title}`,
      '',
      '| rule | the bug | kinds of edits | edits | what was wrong |',
      '| --- | --- | --- | --- | --- |',
      ...bugs.map((bug) => rowOf(bug, results.get(bug.name))),
      '',
    ]),
  ].join('\n');
}

function rowOf(bug, result) {
  const seeded = (bug.edits ?? [])
    .map(
      ({ file, find, replace }) =>
        `${file.split('/').at(-1)}: ${code(find)} ${replace === '' ? 'is left out' : `is ${code(replace)}`}`,
    )
    .join('; ');
  const flags = bug.flags === undefined ? '' : ` (${code(bug.flags)})`;
  const cells = [bug.name, seeded || 'none', (bug.kinds ?? []).join(', ') + flags, ...foundOf(bug, result)];
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`).replaceAll(/\s+/g, ' ')).join(' | ')} |`;
}

function foundOf({ why, heldBy }, result) {
  if (result?.found) return [String(result.edits), result.what];
  const reason = why === undefined ? 'NOT FOUND' : `cannot matter here: ${why}. Held by ${heldBy}`;
  if (result === undefined) return ['not run', why === undefined ? '' : reason];
  return [`none in ${result.edits}`, reason];
}

function code(text) {
  return `\`${text.trim()}\``;
}
