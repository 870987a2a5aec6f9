import { plainLines } from '../../core/plain-lines.ts';
import { readEgress } from '../../network/egress-files.ts';
import { explainTarget } from '../../network/explain-target.ts';
import { GUEST_USER } from '../guest-user.ts';
import type { MachineInHand } from '../mount.ts';
import { requireMachine } from '../require-machine.ts';
import { findMachineNetwork } from './machine-network.ts';
import { PROXY_PORT } from './start-egress.ts';

export interface TargetTest {
  host: string;
  port: number;
  /** Whether a program of the guest reached it just now. */
  reached: boolean;
  /** What that program said, where it did not. */
  said: string | undefined;
  /** What the policy says. */
  allowed: boolean;
  why: string;
  ms: number;
}

/** Only the words that come after it are somebody's. */
const SCRIPT = 'exec 3<>"/dev/tcp/$1/$2"';
/** As programs do that know of a proxy. */
const BY_PROXY = `exec 3<>"/dev/tcp/127.0.0.1/${PROXY_PORT}" || exit 1
printf 'CONNECT %s:%s HTTP/1.1\\r\\n\\r\\n' "$1" "$2" >&3
IFS= read -r line <&3
case $line in *' 200 '*) exit 0 ;; esac
printf 'the proxy says: %s\\n' "\${line%?}" >&2
exit 1`;
const SECONDS = 15;

/**
 * Has the guest connect by TCP, and says what the policy has to do with what came of it.
 * @throws DewarError WORKSPACE_DOWN, WORKSPACE_BUSY, SSH_FAILED, INTERRUPTED
 */
export async function testTarget(
  { name, paths, context }: MachineInHand,
  { host, port }: { host: string; port: number },
): Promise<TargetTest> {
  const { machine } = await requireMachine(name, paths, context);
  const record = await findMachineNetwork(machine, context);
  const driver = await context.loadDriver(machine.driver);
  const guest = await driver.connect(machine.id, GUEST_USER, context);
  const start = performance.now();
  const proxy = await readEgress(context.env, machine.id);
  const script = proxy === undefined ? SCRIPT : BY_PROXY;
  const command = ['timeout', String(SECONDS), 'bash', '-c', script, 'dewar', host, String(port)];
  const { exitCode, stderr } = await guest.run(command, {
    deadlineMs: 4 * SECONDS * 1000,
    signal: context.signal,
  });
  const ms = Math.round(performance.now() - start);
  const policy = record?.policy ?? proxy?.policy;
  const verdict = policy === undefined ? withoutTap(machine.network) : explainTarget(policy, host, port);
  return {
    host,
    port,
    reached: exitCode === 0,
    said: exitCode === 0 ? undefined : whatItSaid(stderr, exitCode),
    ...verdict,
    ms,
  };
}

function withoutTap(mode: string): { allowed: boolean; why: string } {
  if (mode === 'open') return { allowed: true, why: 'the network is open' };
  return {
    allowed: false,
    why: mode === 'off' ? 'the network is off' : 'the machine has no network of its own (see dewar doctor)',
  };
}

/** The guest's words: text, and not much of it. */
function whatItSaid(stderr: string, exitCode: number): string {
  if (exitCode === 124) return `no answer within ${SECONDS} s`;
  const first = plainLines(stderr)[0] ?? '';
  return first.replace(/^.*?: line \d+: /, '').slice(0, 200) || `exit code ${exitCode}`;
}
