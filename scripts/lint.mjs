// npm run lint: types, lint rules, format, import directions, unused code and the package's own description
import { runChecks } from './checks.mjs';
import { ensureProject } from './setup/all.mjs';
import { main } from './setup/say.mjs';

await main(async () => {
  await ensureProject();
  const { failed } = await runChecks();
  return failed === 0 ? 0 : 1;
});
