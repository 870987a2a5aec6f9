import { readFileSync, readdirSync } from 'node:fs';

/**
 * Ends the Bazel servers whose output base lies below `root`, which only this test run used.
 * @returns how many there were
 */
export async function endServersBelow(root) {
  const servers = serversBelow(root);
  for (const pid of servers) signal(pid, 'SIGTERM');
  for (let tries = 0; tries < 50 && servers.some(isAlive); tries++)
    await new Promise((done) => setTimeout(done, 100));
  for (const pid of servers.filter(isAlive)) signal(pid, 'SIGKILL');
  return servers.length;
}

function serversBelow(root) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandLine(pid).some((arg) => arg.startsWith(`--output_base=${root}/`)))
    .map(Number);
}

/** Arguments of a process; none when it has ended meanwhile. */
function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
    return [];
  }
}

function signal(pid, name) {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
    return false;
  }
}

function isAlive(pid) {
  return signal(pid, 0);
}
