import { copyFile, link, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { IMAGES_CACHE, IMAGES_LOCK } from './guest-image.ts';

export const DEWAR: string = fileURLToPath(new URL('../../dist/dewar.js', import.meta.url));

interface Outcome {
  exitCode?: number | undefined;
  stdout: string;
  stderr: string;
}

/** What is in a lock file, as far as the tests look. */
interface Lock {
  images: Record<string, { kernel: Locked[]; packages: Locked[] } | undefined>;
}

interface Locked {
  name: string;
  version: string;
  sha256: string;
}

/** Runs `dewar image …` with a cache directory to its end. */
export function dewarImage(args: readonly string[], cache: string): Promise<Outcome> {
  return startDewarImage(args, cache).ended;
}

/** Starts `dewar image …` with a cache directory. */
export function startDewarImage(args: readonly string[], cache: string): Running {
  const child = execa(process.execPath, [DEWAR, 'image', ...args], {
    env: { DEWAR_CACHE_DIR: cache },
    reject: false,
  });
  const ended = child.then(({ exitCode, stdout, stderr }) => ({ exitCode, stdout, stderr }));
  const saying = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes(text)) resolve();
      });
      void ended.then(({ stderr }) => reject(new Error(`it ended by itself: ${stderr}`)));
    });
  return { ended, saying, kill: (signal) => void child.kill(signal) };
}

interface Running {
  ended: Promise<Outcome>;
  /** Waits until it has written a text to stderr. */
  saying(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** @returns the error that `--json` writes to stderr */
export function errorOf({ stderr }: { stderr: string }): unknown {
  return JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
}

/** The lock file of the images that all tests share. */
export async function readLock(): Promise<Lock> {
  return JSON.parse(await readFile(IMAGES_LOCK, 'utf8')) as Lock;
}

/** Puts the packages of the shared minimal image, but no image, into a cache directory. */
export async function cacheWithPackages(cache: string): Promise<string> {
  await mkdir(join(cache, 'debs'), { recursive: true });
  const minimal = (await readLock()).images['minimal'];
  if (minimal === undefined) throw new Error(`${IMAGES_LOCK} has no minimal image`);
  for (const { sha256 } of [...minimal.kernel, ...minimal.packages])
    await linkOrCopy(join(IMAGES_CACHE, 'debs', `${sha256}.deb`), join(cache, 'debs', `${sha256}.deb`));
  return cache;
}

export async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
