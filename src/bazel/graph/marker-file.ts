import { addRecordedInput } from './recorded-inputs.ts';
import type { RecordedInputs, WorkspaceNames } from './recorded-inputs.ts';

/**
 * Reads `<output base>/external/@<repository>.marker`: a line with a digest of the rule, then a line for each input with
 * its escaped key and value. Written by Bazel 4 to 8; the format is not documented, see test/conformance.
 */
export function markerInputs(text: string, workspace: WorkspaceNames): RecordedInputs {
  const found: RecordedInputs = { files: [], directories: [], doubts: [] };
  const [digest = '', ...lines] = text.split('\n');
  if (!/^[0-9a-f]{16,}$/.test(digest)) found.doubts.push(`a first line ${JSON.stringify(digest)}`);
  for (const line of lines) {
    if (line === '') continue;
    const space = line.indexOf(' ');
    if (space === -1) found.doubts.push(`a line ${JSON.stringify(line)}`);
    else addRecordedInput(found, unescape(line.slice(0, space)), unescape(line.slice(space + 1)), workspace);
  }
  return found;
}

/** `\s` is a space, `\n` a line break; other characters stand for themselves. `\0`, no value, is of no file. */
function unescape(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, escaped: string) =>
    escaped === 's' ? ' ' : escaped === 'n' ? '\n' : escaped,
  );
}
