/** Variables by which dewar finds the programs of VMMs that the KVM lab has only where they were given. */
const VARIABLES = {
  firecracker: 'DEWAR_FIRECRACKER',
  'cloud-hypervisor': 'DEWAR_CLOUD_HYPERVISOR',
} as const;

export type GivenVmm = keyof typeof VARIABLES;
export const GIVEN_VMMS = Object.keys(VARIABLES) as GivenVmm[];

/**
 * Why the real VMM of a driver cannot be tried; undefined where it can.
 * @throws for what `DEWAR_REQUIRE_DRIVERS` says must be there
 */
export function vmmNotGiven(driver: GivenVmm): string | undefined {
  const variable = VARIABLES[driver];
  if ((process.env[variable] ?? '') !== '') return undefined;
  if ((process.env['DEWAR_REQUIRE_DRIVERS'] ?? '').split(',').includes(driver))
    throw new Error(`DEWAR_REQUIRE_DRIVERS has ${driver}, but ${variable} names no program`);
  return `no program of ${driver} is given`;
}

/** What a dewar of the tests must be told to find them. */
export function givenVmmEnvironment(): Record<string, string> {
  const names = [...Object.values(VARIABLES), 'DEWAR_JAILER'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
