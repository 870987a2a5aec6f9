import type { ProgressMode } from '../global-options.ts';
import { ndjsonReporter } from './ndjson.ts';
import { plainReporter } from './plain.ts';
import type { Reporter, ReporterStream } from './reporter.ts';
import { ttyReporter } from './tty.ts';

export interface ReporterOptions {
  stream: ReporterStream;
  mode: ProgressMode;
  verbose: boolean;
  env: Readonly<Record<string, string>>;
}

export function createReporter({ stream, mode, verbose, env }: ReporterOptions): Reporter {
  const shown = { stream, verbose };
  switch (mode === 'auto' ? detectMode(stream, env) : mode) {
    case 'tty':
      return ttyReporter({ ...shown, colour: !isOn(env['NO_COLOR']) });
    case 'ndjson':
      return ndjsonReporter(shown);
    case 'none':
      return plainReporter({ ...shown, quiet: true });
    default:
      return plainReporter({ ...shown, quiet: false });
  }
}

function detectMode(stream: ReporterStream, env: Readonly<Record<string, string>>): ProgressMode {
  return stream.isTTY === true && !isOn(env['CI']) && env['TERM'] !== 'dumb' ? 'tty' : 'plain';
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
