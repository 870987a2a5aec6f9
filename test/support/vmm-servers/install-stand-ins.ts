import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';
import { control } from './control.ts';
import type { Control } from './control.ts';
import type { VmmName } from './api-description.ts';
import { CONTROL_VARIABLE, GUESTS_VARIABLE } from './open-stand-in.ts';
import { prepareDescription } from './prepare-description.ts';

export interface StandIns {
  /** Absolute paths of programs that are started as the real ones are. */
  programs: Record<VmmName, string>;
  /** Has them by the real names. */
  bin: string;
  control: Control;
}

const NAMES = ['firecracker', 'cloud-hypervisor'] as const;

/**
 * Makes programs `firecracker` and `cloud-hypervisor` that are stand-ins for these.
 * @param directory absolute
 * @param guests whether guests stand behind them (`noStandInGuest`), on real TAPs
 */
export async function installStandIns(directory: string, { guests }: { guests: boolean }): Promise<StandIns> {
  const bin = join(directory, 'bin');
  const code = join(directory, 'stand-ins');
  const log = join(directory, 'control');
  for (const path of [bin, code]) await mkdir(path, { recursive: true });
  // Hundreds of small files take longer to find than to run.
  await build({
    config: false,
    tsconfig: false,
    entry: NAMES.map((name) => here(`stand-in-${name}.ts`)),
    outDir: code,
    format: 'esm',
    platform: 'node',
    deps: { alwaysBundle: [/./] },
    dts: false,
    clean: false,
    logLevel: 'silent',
  });
  await copyFile(here('start-guest.sh'), join(code, 'start-guest.sh'));
  await copyFile(here('../network-lab/cable.pl'), join(code, 'cable.pl'));
  const program = async (name: VmmName): Promise<string> => {
    const path = join(bin, name);
    await writeFile(join(code, `${name}.json`), JSON.stringify(prepareDescription(name)));
    await writeFile(
      path,
      `#!/bin/sh
export ${CONTROL_VARIABLE}='${log}' ${GUESTS_VARIABLE}=${guests ? 'yes' : 'no'}
exec '${process.execPath}' '${join(code, `stand-in-${name}.mjs`)}' "$@"
`,
    );
    await chmod(path, 0o755);
    return path;
  };
  return {
    bin,
    control: control(log),
    programs: {
      firecracker: await program('firecracker'),
      'cloud-hypervisor': await program('cloud-hypervisor'),
    },
  };
}

function here(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
