// npm run demo [-- options of `dewar demo`]
import { runDewar } from './run-dewar.mjs';

await runDewar(['demo'], process.argv.slice(2));
