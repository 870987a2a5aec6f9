import { mkdir, open, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryLock } from 'fs-native-extensions';
import { DewarError } from '../core/errors.ts';
import { errnoOf } from './errno.ts';
import { interrupted } from './run-command.ts';

/** A kernel lock on an open file (fcntl(2), F_OFD_SETLK): it ends with the last process that has it open, however that ends. */
export interface FileLock extends AsyncDisposable {
  readonly path: string;
  /** A program that inherits it holds the lock too, until it ends. */
  readonly fd: number;
  /** Gives the lock back; `remove` deletes its file first. */
  release(options?: { remove?: boolean }): Promise<void>;
}

export interface WaitOptions {
  signal?: AbortSignal | undefined;
  deadlineMs?: number | undefined;
  /** Called once, when another process holds the lock. */
  onWait?: () => void;
}

const POLL_MS = 50;

/**
 * Takes the lock of `path`, a file that is made if it is absent, as is its directory.
 * @throws DewarError LOCK_HELD (at the deadline), LOCK_FAILED, INTERRUPTED; errors of the file system
 */
export async function acquireLock(path: string, options: WaitOptions = {}): Promise<FileLock> {
  const end = options.deadlineMs === undefined ? Infinity : Date.now() + options.deadlineMs;
  for (let waited = false; ; waited = true) {
    const lock = await tryAcquireLock(path);
    if (lock !== undefined) return lock;
    if (!waited) options.onWait?.();
    if (Date.now() >= end) throw lockHeld(path, options.deadlineMs ?? 0);
    await sleep(POLL_MS, undefined, { signal: options.signal }).catch(() => {
      throw interrupted(`waiting for ${path}`, options.signal?.reason);
    });
  }
}

/**
 * Takes the lock of `path` if nobody holds it.
 * @returns undefined when somebody does
 * @throws DewarError LOCK_FAILED; errors of the file system
 */
export async function tryAcquireLock(path: string): Promise<FileLock | undefined> {
  for (;;) {
    const file = await openLockFile(path);
    if (!lockNow(file, path)) {
      await file.close();
      return undefined;
    }
    // The former holder may have deleted the file between our open and our lock.
    if (await isStillAt(file, path)) return heldLock(file, path);
    await file.close();
  }
}

async function openLockFile(path: string): Promise<FileHandle> {
  for (;;) {
    await mkdir(dirname(path), { recursive: true });
    try {
      return await open(path, 'a', 0o666);
    } catch (error) {
      // Somebody removed the directory just now.
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
}

function lockNow(file: FileHandle, path: string): boolean {
  try {
    return tryLock(file.fd);
  } catch (error) {
    throw new DewarError({
      code: 'LOCK_FAILED',
      message: `${path} cannot be locked: ${String(error)}`,
      mend: 'use a directory on a file system that has locks',
      cause: error,
    });
  }
}

async function isStillAt(file: FileHandle, path: string): Promise<boolean> {
  const mine = await file.stat({ bigint: true });
  const there = await stat(path, { bigint: true }).catch(() => undefined);
  return there !== undefined && there.ino === mine.ino && there.dev === mine.dev;
}

function heldLock(file: FileHandle, path: string): FileLock {
  let held = true;
  const release = async (options: { remove?: boolean } = {}): Promise<void> => {
    if (!held) return;
    held = false;
    if (options.remove === true) await rm(path, { force: true });
    await file.close();
  };
  return { path, fd: file.fd, release, [Symbol.asyncDispose]: release };
}

function lockHeld(path: string, deadlineMs: number): DewarError {
  return new DewarError({
    code: 'LOCK_HELD',
    message: `another process still held ${path} after ${deadlineMs / 1000} s`,
    mend: 'wait for the other dewar to end, or end it',
  });
}
