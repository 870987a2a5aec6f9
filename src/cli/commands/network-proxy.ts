import { defineCommand } from '../command.ts';
import type { CommandSpec } from '../command.ts';

export const command: CommandSpec = defineCommand({
  name: 'network proxy',
  summary: 'serve one machine as its proxy: dewar up starts this itself',
  hidden: true,
  json: 'none',
  passThrough: true,
  arguments: {
    directory: { description: 'of the policy and the socket', required: true },
    port: { description: 'in the guest', required: true },
    sshDirectory: { description: 'in which ssh runs', required: true },
    ssh: { description: 'arguments of ssh', variadic: true },
  },
  options: {},
  run: async ({ arguments: { directory, port, sshDirectory, ssh }, env, signal }) => {
    const { serveEgress } = await import('../../network/serve-egress.ts');
    await serveEgress({
      directory,
      port: Number(port),
      resolvFile: env['DEWAR_RESOLV_CONF'] ?? '/etc/resolv.conf',
      ssh: { directory: sshDirectory, arguments: ssh },
      signal,
    });
    return { text: '' };
  },
});
