import type { VmConfig } from './validate-vm.ts';

/** What the real one adds to what it is given, as far as anybody here looks at it. */
export function withDefaults(config: VmConfig): VmConfig {
  return {
    ...config,
    cpus: config.cpus ?? { boot_vcpus: 1, max_vcpus: 1 },
    memory: config.memory ?? { size: 512 * 2 ** 20 },
    rng: config.rng ?? { src: '/dev/urandom' },
    ...(['disks', 'net', 'fs'] as const).reduce(
      (all, list) => ({
        ...all,
        ...(config[list] !== undefined && {
          [list]: config[list].map((device, index) => ({ ...device, id: device.id ?? `_${list}${index}` })),
        }),
      }),
      {},
    ),
  };
}

/** @returns names of all devices */
export function namedDevices({ disks = [], net = [], fs = [], vsock, balloon }: VmConfig): string[] {
  return [
    ...[...disks, ...net, ...fs].map(({ id }) => id ?? ''),
    ...(vsock === undefined ? [] : [vsock.id ?? '_vsock']),
    ...(balloon === undefined ? [] : ['__balloon']),
    '__rng',
    '__serial',
  ];
}
