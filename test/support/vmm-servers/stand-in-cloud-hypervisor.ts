import { rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { apiDescription } from './api-description.ts';
import { serveApi } from './api-server.ts';
import { cloudHypervisorHandler } from './cloud-hypervisor-handler.ts';
import { openStandIn } from './open-stand-in.ts';

/**
 * Stands in for the program `cloud-hypervisor`: its command line, its API as its description has it, its rules of what is
 * allowed when. Node's arguments: as Cloud Hypervisor's.
 */
const VERSION = 'v53.0';
const EJECT_MS = 30;

const { host, control, option, definition } = await openStandIn('cloud-hypervisor');
if (process.argv.includes('--version')) {
  process.stdout.write(`cloud-hypervisor ${VERSION}\n`);
  process.exit(0);
}
const serial = option('--serial');
if (serial !== undefined) {
  // dewar's probe: a kernel of one page says this.
  writeFileSync(serial.replace(/^file=/, ''), 'dewar\n');
  process.exit(0);
}
const socket = (option('--api-socket') ?? '').replace(/^path=/, '');
const description = await apiDescription('cloud-hypervisor', definition());
const handler = cloudHypervisorHandler({
  ...host,
  version: VERSION,
  ejectMs: EJECT_MS,
  refusesConfig: (config) =>
    description.refuses({ method: 'PUT', path: '/api/v1/vm.create', body: config })?.why,
  connectVhostUser: (path) =>
    new Promise((resolve, reject) => {
      const connection = createConnection(path);
      connection.once('connect', resolve);
      connection.once('error', reject);
    }),
});
// What an earlier one left there is in nobody's way.
rmSync(socket, { force: true });
await serveApi(socket, description, control, handler);
