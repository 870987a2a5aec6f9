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
    [['--pager', 'eu'], "dewar aws login: Unknown option '--pager'"],
    [['--region'], "dewar aws login: Option '--region <value>' argument missing"],
    [['--ecr=yes'], "dewar aws login: Option '--ecr' does not take an argument"],
    [['eu'], "dewar aws login: Unexpected argument 'eu'"],
  ])('%j is refused', (words, message) => {
    expect(() => parseWords('aws login', words, OPTIONS)).toThrow(
      expect.objectContaining({ code: 'USAGE', message, mend: 'its options: --region, --ecr, --registry' }),
    );
  });

  it('a slip is told', () => {
    expect(() => parseWords('aws login', ['--regoin', 'eu'], OPTIONS)).toThrow(
      expect.objectContaining({ mend: 'did you mean --region? its options: --region, --ecr, --registry' }),
    );
  });
});
