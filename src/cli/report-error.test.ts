import { describe, expect, test } from 'vitest';
import { DewarError } from '../core/errors.ts';
import { errorReport, toDewarError } from './report-error.ts';

const ERROR: DewarError = new DewarError({
  code: 'NOT_A_WORKSPACE',
  message: '/tmp/x is no workspace',
  mend: 'give one with --workspacePath',
  cause: new Error('outer', { cause: new TypeError('inner') }),
});

describe('text', () => {
  test('has the code, the message and the mend', () => {
    expect(errorReport(ERROR, { format: 'text', verbose: false })).toBe(
      'error NOT_A_WORKSPACE: /tmp/x is no workspace\n  mend: give one with --workspacePath\n',
    );
  });

  test('has the chain of causes and the stack when verbose', () => {
    const text = errorReport(ERROR, { format: 'text', verbose: true });
    expect(text).toContain('  caused by: Error: outer\n  caused by: TypeError: inner\n');
    expect(text).toContain('report-error.test.ts');
  });
});

describe('json', () => {
  test('is one line', () => {
    const text = errorReport(ERROR, { format: 'json', verbose: false });
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(JSON.parse(text)).toEqual({
      type: 'error',
      code: 'NOT_A_WORKSPACE',
      message: '/tmp/x is no workspace',
      mend: 'give one with --workspacePath',
      exitCode: 1,
    });
  });

  test('has causes and stack when verbose', () => {
    const report: unknown = JSON.parse(errorReport(ERROR, { format: 'json', verbose: true }));
    expect(report).toMatchObject({
      causes: ['Error: outer', 'TypeError: inner'],
      stack: expect.stringContaining(' at '),
    });
  });
});

test('what was not foreseen is a bug, with the stack of where it happened', () => {
  const bug = new RangeError('boom');
  const error = toDewarError(bug);
  expect(error).toMatchObject({
    code: 'INTERNAL',
    message: 'unexpected RangeError: boom',
    exitCode: 1,
    cause: bug,
  });
  expect(error.stack).toBe(bug.stack);
  expect(error.mend).toContain('bug');
  expect(toDewarError('a text').message).toBe('unexpected a text');
  expect(toDewarError(ERROR)).toBe(ERROR);
});

test('a cycle of causes ends', () => {
  const first = new Error('first');
  const second = new Error('second', { cause: first });
  first.cause = second;
  expect(errorReport(toDewarError(first), { format: 'text', verbose: true })).toContain(
    'caused by: Error: second\n',
  );
});
