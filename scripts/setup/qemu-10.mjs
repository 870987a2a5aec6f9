import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackDebianTree } from './debian-tree.mjs';
import { digestOfScripts, ensureMade } from './made-directory.mjs';
import { toolsDir } from './paths.mjs';
import { run, tail } from './run.mjs';
import { say, SetupError } from './say.mjs';

const PROGRAM = 'qemu-system-x86_64';
const SHARES = 'virtiofsd';

/**
 * QEMU 10 from Debian trixie, in the tools directory and nowhere else: the tests of machines run on it beside the QEMU
 * that this machine has. Beside its program lies virtiofsd, which is no part of QEMU any more.
 * @returns the path of its program
 */
export async function ensureQemu10() {
  const home = join(toolsDir(), 'qemu-10');
  const program = join(home, 'bin', PROGRAM);
  await ensureMade(home, digestOfScripts(['qemu-10', 'debian-tree']), async (made) => {
    say(`installs QEMU 10 from Debian trixie into ${home} (80 MB to download)`);
    await unpackDebianTree({
      root: join(made, 'root'),
      suite: 'trixie',
      packages: ['qemu-system-x86', SHARES],
      given: [],
    });
    mkdirSync(join(made, 'bin'));
    const wrapped = join(made, 'bin', PROGRAM);
    const firmware = ['-L "$tree/usr/share/qemu"', '-L "$tree/usr/share/seabios"'];
    writeFileSync(wrapped, wrapper(`usr/bin/${PROGRAM}`, ...firmware), { mode: 0o755 });
    writeFileSync(join(made, 'bin', SHARES), wrapper(`usr/libexec/${SHARES}`), { mode: 0o755 });
    const { exitCode, stdout, stderr } = await run(wrapped, ['--version']);
    if (exitCode !== 0 || !stdout.startsWith('QEMU emulator version 10.'))
      throw new SetupError(`the QEMU of Debian trixie does not start:\n${tail(stderr || stdout)}`);
  });
  return program;
}

/** A program's libraries are those of its own Debian. It is exec all the way: signals reach it. */
function wrapper(program, ...args) {
  const words = [`"$tree/${program}"`, ...args, '"$@"'].join(' ');
  return `#!/bin/sh
tree=$(dirname "$(dirname "$(readlink -f "$0")")")/root
lib=$tree/usr/lib/x86_64-linux-gnu
QEMU_MODULE_DIR=$lib/qemu
export QEMU_MODULE_DIR
exec "$tree/usr/lib64/ld-linux-x86-64.so.2" --library-path "$lib:$tree/usr/lib" ${words}
`;
}
