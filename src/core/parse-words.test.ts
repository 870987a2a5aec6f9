import { describe, expect, it } from 'vitest';
import { parseWords } from './parse-words.ts';

const OPTIONS = {
  region: { type: 'string' },
  ecr: { type: 'boolean' },
  registry: { type: 'string', multiple: true },
} as const;

describe('parseWords', () => {
  it('gives what was typed', () => {
    expect(
      parseWords('aws login', ['--region=eu', '--registry', 'a', '--registry', 'b', '--ecr'], OPTIONS),
    ).toEqual({ region: 'eu', registry: ['a', 'b'], ecr: true });
  });

  it.each([
    [['--regoin', 'eu'], "dewar aws login: Unknown option '--regoin'"],
    [['--region'], "dewar aws login: Option '--region <value>' argument missing"],
    [['--ecr=yes'], "dewar aws login: Option '--ecr' does not take an argument"],
    [['eu'], "dewar aws login: Unexpected argument 'eu'"],
  ])('%j is refused', (words, message) => {
    expect(() => parseWords('aws login', words, OPTIONS)).toThrow(
      expect.objectContaining({ code: 'USAGE', message, mend: 'its options: --region, --ecr, --registry' }),
    );
  });
});
