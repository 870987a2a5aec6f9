import { styleText } from 'node:util';
import type { DewarEvent } from '../../core/events.ts';
import { terminalWidth } from '../terminal-width.ts';
import { formatProgress, formatSeconds } from './format.ts';
import type { Reporter, ReporterStream } from './reporter.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;
const BAR_WIDTH = 20;
const CLEAR_LINE = '\r\u001B[2K';

interface TtyOptions {
  stream: ReporterStream;
  verbose: boolean;
  colour: boolean;
}

interface Phase {
  message: string;
  startedAt: number;
  progress?: Extract<DewarEvent, { type: 'progress' }>;
}

/** Done phases as lines, and below them one line that moves: the phase that began last, with its bar or its seconds. */
export function ttyReporter({ stream, verbose, colour }: TtyOptions): Reporter {
  const phases = new Map<string, Phase>();
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    // By default Node looks whether stdout, not our stream, has colours.
    colour ? styleText(format, text, { validateStream: false }) : text;
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;
  let drawn = false;

  const draw = (): void => {
    const current = [...phases.values()].at(-1);
    if (current === undefined) return;
    frame = (frame + 1) % FRAMES.length;
    const text = fit(statusText(current), (terminalWidth(stream) ?? 80) - 3);
    stream.write(`${CLEAR_LINE}${style('cyan', FRAMES[frame] ?? '')} ${text}`);
    drawn = true;
  };
  const clear = (): void => {
    if (drawn) stream.write(CLEAR_LINE);
    drawn = false;
  };
  const line = (text: string): void => {
    clear();
    stream.write(`${text}\n`);
    draw();
  };
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    clear();
  };

  return {
    emit: (event) => {
      switch (event.type) {
        case 'phase':
          phases.delete(event.phase);
          phases.set(event.phase, { message: event.message, startedAt: performance.now() });
          timer ??= setInterval(draw, FRAME_MS).unref();
          draw();
          break;
        case 'phase-done': {
          const message = phases.get(event.phase)?.message ?? event.phase;
          phases.delete(event.phase);
          line(`${style('green', '✔')} ${message} ${style('dim', formatSeconds(event.ms))}`);
          if (phases.size === 0) stop();
          break;
        }
        case 'progress': {
          const phase = phases.get(event.phase);
          if (phase !== undefined) phase.progress = event;
          break;
        }
        case 'note':
          line(event.message);
          break;
        case 'warning':
          line(`${style('yellow', `warning ${event.code}:`)} ${event.message}`);
          break;
        case 'debug':
          if (verbose) line(style('dim', event.message));
          break;
      }
    },
    close: stop,
  };
}

function statusText({ message, startedAt, progress }: Phase): string {
  const ms = performance.now() - startedAt;
  if (progress === undefined) return `${message} ${formatSeconds(ms)}`;
  const { done, total } = progress;
  if (total === undefined || total === 0) return `${message} ${formatProgress(progress, ms)}`;
  const filled = Math.min(BAR_WIDTH, Math.max(0, Math.round((done / total) * BAR_WIDTH)));
  return `${message} [${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}] ${formatProgress(progress, ms)}`;
}

/** A line that wraps could not be cleared. */
function fit(text: string, width: number): string {
  const flat = text.replaceAll(/\s+/gu, ' ');
  return flat.length <= width ? flat : `${flat.slice(0, Math.max(0, width - 1))}…`;
}
