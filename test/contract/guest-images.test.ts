import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { makeCredentialDisk } from '../../src/guest/credential-disk.ts';
import { refreshIdentity } from '../../src/guest/refresh-clone.ts';
import { setAddress } from '../../src/guest/set-address.ts';
import { agentOverSsh } from '../../src/vmm/firecracker/own-guest/agent-over-ssh.ts';
import { createMachine } from '../../src/vmm/qemu/create-machine.ts';
import type { CreateSpec } from '../../src/vmm/qemu/create-machine.ts';
import { whereLogsAre } from '../../src/vmm/machine/kept-logs.ts';
import { machinePaths } from '../../src/vmm/machine/machine-paths.ts';
import type { VirtualMachine } from '../../src/vmm/machine/virtual-machine.ts';
import { findQemuLab, machineLab, smallMachine } from '../support/qemu-lab.ts';
import type { MachineLab } from '../support/qemu-lab.ts';

/** What the images do for monitors other than QEMU, as far as QEMU's machines show it. */
const PROFILES = ['minimal', 'systemd'] as const;
const found = await Promise.all(PROFILES.map((profile) => findQemuLab(profile)));
const LONG = { deadlineMs: 120_000 };

for (const [index, profile] of PROFILES.entries()) {
  const lab = found[index] ?? { why: 'it was not looked for' };
  const why = 'why' in lab ? ` (not here: ${lab.why})` : '';
  describe.skipIf('why' in lab)(`the image ${profile} for monitors without virtio-serial${why}`, () => {
    if ('why' in lab) return;
    const { host, image } = lab;
    let place: MachineLab;
    let machine: VirtualMachine;
    beforeAll(async () => {
      place = await machineLab(host);
      const spec: CreateSpec = { ...smallMachine(image), memoryMiB: 512, freezable: false, machine: 'q35' };
      machine = await createMachine({ ...spec, image: { ...image, kernelArgs: 'reboot=k' } }, place);
    });
    afterAll(async () => {
      await machine?.kill();
      await place[Symbol.asyncDispose]();
    });

    async function asRoot(script: string): Promise<string> {
      const { stdout, stderr } = await machine.agent.run('/bin/sh', ['-c', script], LONG);
      return `${stdout.toString()}${stderr}`;
    }

    test('its agent can listen on vsock, and stays off it in a machine with virtio-serial', async () => {
      expect(await asRoot('/usr/lib/dewar/vsock-agent --check; echo $?')).toBe('1\n');
      expect(await asRoot('pgrep -a qemu-ga')).not.toContain('vsock');
      // a guest's own way to itself, in the place of a monitor
      await asRoot('modprobe vsock_loopback');
      const command = await asRoot(`sed -n 's/^exec \\(qemu-ga.*\\)/\\1/p' /usr/lib/dewar/vsock-agent`);
      expect(command).toContain(':1024');
      await asRoot(`${command.trim()} --daemonize --pidfile=/run/on-vsock.pid`);
      expect(await asRoot(`perl -e '${PING}'`)).toContain('{"return": {}}');
      // one that has gone away makes room for the next one
      expect(await asRoot(`perl -e '${PING}'`)).toContain('{"return": {}}');
    });

    test.skipIf(profile !== 'systemd')(
      `takes credentials from a disk that it does not know by a serial (skipped: ${profile === 'systemd' ? 'never' : 'it has no user who is given any'})`,
      async () => {
        const memory = await mkdtemp('/dev/shm/dewar-test-');
        onTestFinished(() => rm(memory, { recursive: true, force: true }));
        const secret = randomBytes(12).toString('hex');
        const keys = { privateKey: 'private\n', publicKey: 'public\n' };
        const disk = await makeCredentialDisk({ env: { SECRET: secret }, ...keys }, join(memory, 'disk'));
        const taken = machine.agent.run('/usr/lib/dewar/credentials', ['--wait', '60', '/dev/vdb'], LONG);
        await machine.addDisk({ id: 'plug', path: disk.path, format: 'raw', readOnly: true });
        expect(await taken).toMatchObject({ exitCode: 0, stderr: '' });
        await machine.removeDevice('plug');
        await disk.destroy();
        expect(await asRoot('cat /home/dewar/.env')).toBe(`export SECRET='${secret}'\n`);
        const none = await machine.agent.run('/usr/lib/dewar/credentials', ['--wait', '0', '/dev/vdb'], LONG);
        expect(none).toMatchObject({
          exitCode: 1,
          stderr: 'dewar: credentials: no disk /dev/vdb came within 0 s\n',
        });
      },
    );

    test('is given an identity by ssh alone, as a guest without an agent is', async () => {
      const agent = agentOverSsh(machine.ssh, { isRoot: true, ...LONG });
      const before = await asRoot('cat /etc/machine-id /proc/sys/kernel/random/boot_id');
      await refreshIdentity(agent, { hostname: 'own-guest', ...LONG });
      expect(await asRoot('hostname; cat /etc/hostname')).toBe('own-guest\nown-guest\n');
      const after = await asRoot('cat /etc/machine-id /proc/sys/kernel/random/boot_id');
      expect(after.split('\n').filter((line) => before.includes(line))).toEqual(['']);
    });

    test('takes an address from the host', async () => {
      await setAddress(machine.agent, { guest: '10.0.2.77', prefix: 24, host: '10.0.2.2' }, LONG);
      const settled = `for n in $(seq 100); do ip -4 -o address | grep -q 10.0.2.77 && break; sleep 0.2; done;`;
      expect(await asRoot(`${settled} ip -4 -o address; ip route; cat /etc/resolv.conf`)).toMatch(
        /inet 10\.0\.2\.77\/24[^]*default via 10\.0\.2\.2 /,
      );
    });

    test('is off by a reboot where the monitor wants it so', async () => {
      // what is asked as a power-off comes to the monitor as a reset
      await machine.shutdown(120_000);
      const protocol = await readFile(
        await whereLogsAre(machinePaths(machine.directory), 'protocol'),
        'utf8',
      );
      expect(protocol).toContain('"reason": "guest-reset"');
    });
  });
}

/** To VMADDR_CID_LOCAL, port 1024. */
const PING = String.raw`
socket(my $agent, 40, 1, 0) or die "socket: $!";
for (1 .. 50) { last if connect($agent, pack("S S L L x4", 40, 0, 1024, 1)); select(undef, undef, undef, 0.1) }
syswrite($agent, "{\"execute\":\"guest-ping\"}\n");
alarm 20;
print scalar <$agent>;`;
