import { accessSync, constants } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { testDriver, unlessRequired, whyNoVmm } from './test-driver.ts';

const DEWAR = fileURLToPath(new URL('../../dist/dewar.js', import.meta.url));

/** What `dewar image build --json` prints. */
export interface BuiltImage {
  id: string;
  profile: string;
  directory: string;
  kernel: string;
  initrd: string;
  rootfs: string;
  reused: boolean;
}

/** The cache that all test runs of this user share; `npm test` names it. */
export const IMAGES_CACHE: string =
  process.env['DEWAR_TEST_IMAGES'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'dewar-dev', 'guest-images');

/** Names the versions of what is in them. */
export const IMAGES_LOCK: string = join(IMAGES_CACHE, 'dewar.lock');

/** With the directories of system programs, which a plain user's PATH often lacks. */
export const SYSTEM_PATH: { PATH: string } = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };

/** Images for a host on which none can be built: profile to what `dewar image build --json` printed elsewhere. */
const GIVEN = JSON.parse(process.env['DEWAR_TEST_GIVEN_IMAGES'] ?? '{}') as Record<string, BuiltImage>;

/** Programs without which no image can be built, and those without which none can be started. */
const TO_BUILD = ['apt-get', 'mmdebstrap', 'mke2fs'];
const TO_BOOT = [
  ...(Object.keys(GIVEN).length === 0 ? TO_BUILD : []),
  ...(testDriver.name === 'qemu' ? ['qemu-img'] : []),
  'ssh',
];

/** Why images cannot be built here; undefined where they can. */
export const cannotBuild: string | undefined = missing(TO_BUILD);
/** Why images cannot be built and booted by the driver under test; undefined where they can. */
export const cannotBoot: string | undefined = unlessRequired(
  testDriver.name,
  missing(TO_BOOT) ?? whyNoVmm(testDriver),
);

/** The image of a profile, by the built program: from the shared cache, or built now, which takes minutes. */
export async function guestImage(profile = 'minimal'): Promise<BuiltImage> {
  const given = GIVEN[profile];
  if (given !== undefined) return given;
  await mkdir(IMAGES_CACHE, { recursive: true });
  const args = ['image', 'build', profile, '--json', '--lock', IMAGES_LOCK];
  const { stdout } = await execa(process.execPath, [DEWAR, ...args], {
    env: { DEWAR_CACHE_DIR: IMAGES_CACHE },
  });
  return JSON.parse(stdout) as BuiltImage;
}

function missing(programs: readonly string[]): string | undefined {
  const path = SYSTEM_PATH.PATH.split(delimiter);
  const absent = programs.filter((program) => !path.some((directory) => isProgram(join(directory, program))));
  return absent.length === 0 ? undefined : `without ${absent.join(', ')}`;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
}
