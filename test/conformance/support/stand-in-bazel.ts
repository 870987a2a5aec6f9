import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/** What the stand-in does for a command line that has all of `when` and none of `unless`; the first that fits counts. */
export interface StandInAnswer {
  when: readonly string[];
  unless?: readonly string[];
  stdout?: string | Uint8Array;
  stderr?: string;
  /** Default 0. */
  exit?: number;
  /** Ends itself with this signal after its output. */
  signal?: 'SIGKILL' | 'SIGTERM';
}

/** A program in the place of Bazel, for versions and failures that no Bazel at hand can show. */
export interface StandInBazel extends AsyncDisposable {
  directory: string;
  workspace: string;
  outputBase: string;
  /** Path of the program. */
  program: string;
  answer(answers: readonly StandInAnswer[]): Promise<void>;
  /** The command lines so far, and forgets them. */
  calls(): Promise<string[][]>;
}

/** @param files of the workspace, by path */
export async function standInBazel(files: Readonly<Record<string, string>>): Promise<StandInBazel> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'dewar-stand-in-')));
  const [workspace, outputBase] = [join(directory, 'workspace'), join(directory, 'output')];
  const [program, log] = [join(directory, 'stand-in-bazel'), join(directory, 'calls')];
  await mkdir(join(outputBase, 'external'), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(workspace, path, '..'), { recursive: true });
    await writeFile(join(workspace, path), content);
  }
  await writeFile(program, script(directory));
  await chmod(program, 0o755);
  return {
    directory,
    workspace,
    outputBase,
    program,
    async answer(answers) {
      const encoded = answers.map(({ stdout, ...rest }) => ({
        ...rest,
        stdout: Buffer.from(stdout ?? '').toString('base64'),
      }));
      await writeFile(join(directory, 'answers.json'), JSON.stringify(encoded));
      await writeFile(log, '');
    },
    async calls() {
      const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '');
      await writeFile(log, '');
      return lines.map((line) => z.array(z.string()).parse(JSON.parse(line)));
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** It writes to `--output_file` where that is given, as Bazel >= 8.2 does. */
function script(directory: string): string {
  return `#!${process.execPath}
const fs = require('node:fs');
const args = process.argv.slice(2);
fs.appendFileSync(${JSON.stringify(join(directory, 'calls'))}, JSON.stringify(args) + '\\n');
const answers = JSON.parse(fs.readFileSync(${JSON.stringify(join(directory, 'answers.json'))}, 'utf8'));
const queryFile = args.indexOf('--query_file');
const words = queryFile === -1 ? args : [...args, fs.readFileSync(args[queryFile + 1], 'utf8')];
const has = (word) => words.some((arg) => arg === word || (word.length > 8 && arg.includes(word)));
const answer = answers.find(({ when, unless }) => when.every(has) && !(unless ?? []).some(has));
if (answer === undefined) {
  fs.writeSync(2, 'ERROR: the stand-in has no answer for ' + args.join(' ') + '\\n');
  process.exit(2);
}
const output = Buffer.from(answer.stdout, 'base64');
const outputFile = args.indexOf('--output_file');
const target = outputFile === -1 || output.length === 0 ? 1 : fs.openSync(args[outputFile + 1], 'w');
for (let at = 0; at < output.length; ) at += fs.writeSync(target, output, at);
fs.writeSync(2, answer.stderr ?? '');
if (answer.signal !== undefined) {
  process.kill(process.pid, answer.signal);
  setTimeout(() => {}, 10_000);
} else process.exitCode = answer.exit ?? 0;
`;
}
