import { readdir } from 'node:fs/promises';

/** @returns names of all functions `planX` that the files of a folder export */
export async function planFunctions(folder: URL): Promise<string[]> {
  const names = await readdir(folder);
  const files = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const modules = await Promise.all(
    files.map(async (name) => (await import(new URL(name, folder).href)) as Record<string, unknown>),
  );
  return modules
    .flatMap((module) => Object.keys(module))
    .filter((name) => name.startsWith('plan'))
    .toSorted();
}
