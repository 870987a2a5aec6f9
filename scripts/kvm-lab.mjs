// node scripts/kvm-lab.mjs [--file PATH]... -- COMMAND
// Runs a command of a shell in a machine in which KVM is real; each PATH is there as /lab/<its name>.
import { basename, dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureOuterImage } from './kvm-lab/images.mjs';
import { runInLab } from './kvm-lab/run-in-lab.mjs';
import { ensureProject } from './setup/all.mjs';
import { main, SetupError } from './setup/say.mjs';
import { ensureSystemPackages, FOR_MACHINES } from './setup/system-packages.mjs';

const AN_HOUR_MS = 3_600_000;

await main(async () => {
  const { values, positionals } = parseArgs({
    options: { file: { type: 'string', multiple: true, default: [] } },
    allowPositionals: true,
  });
  if (positionals.length === 0) throw new SetupError('give a command: node scripts/kvm-lab.mjs -- uname -a');
  await ensureProject();
  await ensureSystemPackages(process.env, FOR_MACHINES);
  const { exitCode } = await runInLab({
    image: await ensureOuterImage(),
    files: values.file.map((path) => ({ from: dirname(resolve(path)), paths: [basename(path)], to: '.' })),
    command: positionals.join(' '),
    deadlineMs: AN_HOUR_MS,
  });
  return exitCode;
});
