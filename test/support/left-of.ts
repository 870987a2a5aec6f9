import { readdir } from 'node:fs/promises';
import { processesNaming } from './processes-naming.ts';

/** @returns machine directories, processes and networks that are there though no machine with that cache is */
export async function leftOf(cache: string): Promise<string[]> {
  const all = await readdir(cache, { recursive: true });
  return [
    ...all.filter((path) => /(^|\/)machines\/[0-9a-f]{16}$/.test(path)),
    ...(await processesNaming(cache)).map((pid) => `process ${pid}`),
    ...(await readdir('/sys/class/net')).filter((card) => /^(dewar|tap)/.test(card)),
  ];
}
