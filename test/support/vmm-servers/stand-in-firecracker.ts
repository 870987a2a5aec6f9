import { apiDescription } from './api-description.ts';
import { serveApi } from './api-server.ts';
import { firecrackerHandler } from './firecracker-handler.ts';
import { openStandIn } from './open-stand-in.ts';

/**
 * Stands in for the program `firecracker`: its command line, its API as its description has it, its rules of what is allowed
 * when. Node's arguments: as Firecracker's.
 */
const VERSION = '1.16.1';

const { host, control, option, definition } = await openStandIn('firecracker');
if (process.argv.includes('--version')) {
  process.stdout.write(`Firecracker v${VERSION}\n\n`);
  process.exit(0);
}
if (process.argv.includes('--no-api')) {
  // dewar's probe: a kernel of one page says this.
  process.stdout.write('a guest runs\n');
  process.exit(0);
}
const socket = option('--api-sock') ?? '/run/firecracker.socket';
const handler = firecrackerHandler({ ...host, id: option('--id') ?? 'anonymous-instance', version: VERSION });
try {
  await serveApi(socket, await apiDescription('firecracker', definition()), control, handler);
} catch {
  process.stderr.write(
    `Error: RunWithApi(FailedToBindSocket("${socket}"))\nFailed to open the API socket at: ${socket}. Check that it is not already used.\n`,
  );
  process.exit(1);
}
