import { describe, expect, test } from 'vitest';
import type { DewarEvent } from '../../core/events.ts';
import type { ProgressMode } from '../global-options.ts';
import { plainReporter } from './plain.ts';
import { createReporter } from './create-reporter.ts';

const EVENTS: readonly DewarEvent[] = [
  { type: 'phase', phase: 'query', message: 'asking Bazel for the graph' },
  { type: 'debug', message: 'bazel query //...' },
  { type: 'progress', phase: 'query', done: 1200, total: 4000, unit: 'targets' },
  { type: 'warning', code: 'NO_STACKS', message: 'this Bazel has no stacks' },
  { type: 'note', message: '4,000 targets' },
  { type: 'phase-done', phase: 'query', ms: 1234 },
];

function recorder(isTTY: boolean): {
  stream: { write: (text: string) => void; isTTY: boolean; columns: number };
  text: () => string;
} {
  const written: string[] = [];
  return {
    stream: { write: (text) => void written.push(text), isTTY, columns: 60 },
    text: () => written.join(''),
  };
}

function show(mode: ProgressMode, { isTTY = false, verbose = false, env = {} } = {}): string {
  const { stream, text } = recorder(isTTY);
  const reporter = createReporter({ stream, mode, verbose, env });
  for (const event of EVENTS) reporter.emit(event);
  reporter.close();
  return text();
}

describe('plain', () => {
  test('says each thing on a line', () => {
    expect(show('plain')).toBe(
      [
        'query: asking Bazel for the graph',
        'warning NO_STACKS: this Bazel has no stacks',
        '4,000 targets',
        'query: done in 1.23 s',
        '',
      ].join('\n'),
    );
  });

  test('shows debug messages when verbose', () => {
    expect(show('plain', { verbose: true })).toContain('debug: bazel query //...\n');
  });

  test('shows progress of a phase at most every five seconds', () => {
    const { stream, text } = recorder(false);
    let now = 0;
    const reporter = plainReporter({ stream, verbose: false, quiet: false, now: () => now });
    reporter.emit({ type: 'phase', phase: 'hash', message: 'hashing' });
    for (; now < 12_000; now += 1_000)
      reporter.emit({ type: 'progress', phase: 'hash', done: now, unit: 'targets' });
    expect(text()).toBe('hash: hashing\nhash: 5,000 targets\nhash: 10,000 targets\n');
  });
});

function ndjsonLines(verbose: boolean): unknown[] {
  return show('ndjson', { verbose })
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

test('ndjson has one event a line, debug ones when verbose', () => {
  expect(ndjsonLines(true)).toEqual(EVENTS);
  expect(ndjsonLines(false)).toEqual(EVENTS.filter(({ type }) => type !== 'debug'));
});

test('none still shows warnings', () => {
  expect(show('none')).toBe('warning NO_STACKS: this Bazel has no stacks\n');
});

describe('tty', () => {
  test('draws one line over and over, clears it, and leaves done phases', () => {
    const text = show('tty', { isTTY: true, env: { NO_COLOR: '1' } });
    expect(text).toContain('\r\u001B[2K⠙ asking Bazel for the graph');
    expect(text).toContain('[██████░░░░░░░░░░░░░░]');
    expect(text.endsWith('\r\u001B[2K✔ asking Bazel for the graph 1.23 s\n')).toBe(true);
    expect(text).not.toContain('debug');
  });

  test('never draws a line wider than the terminal', () => {
    const { stream, text } = recorder(true);
    const reporter = createReporter({ stream, mode: 'tty', verbose: false, env: { NO_COLOR: '1' } });
    reporter.emit({ type: 'phase', phase: 'p', message: `long ${'x'.repeat(300)}\nmore` });
    reporter.close();
    expect(text().replaceAll('\r\u001B[2K', '').length).toBeLessThanOrEqual(60);
    expect(text()).not.toContain('\n');
  });

  test('takes a terminal of unknown width for one of 80', () => {
    const { stream, text } = recorder(true);
    const reporter = createReporter({
      stream: { ...stream, columns: 0 },
      mode: 'tty',
      verbose: false,
      env: {},
    });
    reporter.emit({ type: 'phase', phase: 'p', message: 'reading the graph' });
    reporter.close();
    expect(text()).toContain('reading the graph 0.00 s');
  });

  test('has colours unless NO_COLOR is set', () => {
    expect(show('tty', { isTTY: true })).toContain('\u001B[32m✔');
    expect(show('tty', { isTTY: true, env: { NO_COLOR: '1' } })).not.toContain('\u001B[32m');
  });
});

test.each([
  [true, {}, true],
  [true, { CI: 'true' }, false],
  [true, { CI: 'false' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, {}, false],
])('auto: a terminal %s with %j is drawn on: %s', (isTTY, env, drawn) => {
  expect(show('auto', { isTTY, env }).includes('\r')).toBe(drawn);
});
