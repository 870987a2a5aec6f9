// npm run bench [-- options of `dewar bench run`]
import { runDewar } from './run-dewar.mjs';

const given = process.argv.slice(2);
const out = given.some((arg) => arg === '--out' || arg.startsWith('--out='))
  ? []
  : ['--out', 'docs/benchmarks'];
await runDewar(['bench', 'run', ...out], given);
