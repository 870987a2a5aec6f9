import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { localGuest } from '../../../test/support/local-guest.ts';
import { standInAws } from '../../../test/support/stand-in-aws.ts';
import type { AwsAnswers } from '../../../test/support/stand-in-aws.ts';
import { runCommand } from '../../platform/run-command.ts';
import { login } from './login.ts';

const SSO = {
  AccessKeyId: 'ASIASSO',
  SecretAccessKey: 'sso/secret',
  SessionToken: 'sso-token',
  Expiration: '2026-12-01T12:00:00+00:00',
};

function auth(region: string): string {
  return Buffer.from(`AWS:ecr-password-of-${region}`).toString('base64');
}

const scratch: string[] = [];
afterEach(async () => {
  for (const path of scratch.splice(0)) await rm(path, { recursive: true, force: true });
});

interface Lab {
  home: string;
  said: string[];
  read: (path: string) => Promise<string>;
  log: () => Promise<string[]>;
  guest: Awaited<ReturnType<typeof localGuest>>;
  login: (...args: string[]) => Promise<void>;
}

/** The guest and the AWS CLI are stand-ins; what is written into the guest's home is real. */
async function lab(answers: AwsAnswers, env: Record<string, string> = {}): Promise<Lab> {
  const root = await mkdtemp('/dev/shm/dewar-test-aws-');
  scratch.push(root);
  const home = join(root, 'home dir');
  await mkdir(home);
  const guest = await localGuest(home, { env: "export NPM_TOKEN='it''s\n  here'\n" });
  const { path, log } = await standInAws(root, answers);
  const said: string[] = [];
  return {
    home,
    said,
    guest,
    read: (name) => readFile(join(home, name), 'utf8'),
    log: async () => (await readFile(log, 'utf8')).trimEnd().split('\n'),
    login: (...args) =>
      login({
        workspace: { name: 'shop', directory: root },
        guest,
        env: { PATH: path, ...env },
        say: (message) => said.push(message),
        signal: undefined,
        args,
      }),
  };
}

describe('dewar aws login, with stand-ins for the guest and the AWS CLI', () => {
  it('sends the session and the region', async () => {
    const { login, read, home, said, log } = await lab({
      credentials: SSO,
      settings: { region: 'eu-central-1' },
    });
    await login();
    expect(await read('.aws/credentials')).toBe(
      '[default]\naws_access_key_id = ASIASSO\naws_secret_access_key = sso/secret\naws_session_token = sso-token\n',
    );
    expect(await read('.aws/config')).toBe('[default]\nregion = eu-central-1\n');
    expect((await stat(join(home, '.aws/credentials'))).mode & 0o777).toBe(0o600);
    expect(await readdir(home)).toEqual(['.aws', '.env']);
    expect(said).toEqual([
      expect.stringMatching(
        /^the machine is arn:aws:sts::123456789012:assumed-role\/Developer\/ann, until .*2026/,
      ),
    ]);
    expect(await log()).toEqual([
      'configure export-credentials --format=process',
      'sts get-caller-identity --output=json',
      'configure get region',
    ]);
  });

  it('has a profile under its own name too', async () => {
    const { login, read, log } = await lab({ credentials: SSO });
    await login('--profile', 'dev team', '--region', 'us-east-1');
    expect(await read('.aws/config')).toBe(
      '[default]\nregion = us-east-1\n\n[profile "dev team"]\nregion = us-east-1\n',
    );
    expect(await read('.aws/credentials')).toContain('\n[dev team]\naws_access_key_id = ASIASSO\n');
    expect(await log()).toContain('sts get-caller-identity --output=json --profile=dev team');
  });

  it('signs in where the session has ended, and shows what is to do', async () => {
    const { login, read, said, log } = await lab({
      afterSignIn: SSO,
      settings: { 'role.source_profile': 'base', 'base.sso_session': 'corp' },
    });
    await login('--profile=role', '--no-browser');
    expect(await log()).toContain('sso login --no-browser --profile=base');
    expect(said.join('\n')).toContain('ABCD-EFGH');
    expect(await read('.aws/credentials')).toContain('ASIASSO');
  });

  it('never sends long-lived keys', async () => {
    const { login, read, log } = await lab({
      credentials: { AccessKeyId: 'AKIALONG', SecretAccessKey: 'long/lived' },
    });
    await login();
    expect(await read('.aws/credentials')).toContain('aws_session_token = session-token==\n');
    expect(await read('.aws/credentials')).not.toMatch(/AKIALONG|long\/lived/);
    expect(await log()).toContain('sts get-session-token --output=json');
  });

  it('logs docker in, beside what its config has', async () => {
    const { login, read, said, home } = await lab({ credentials: SSO }, { AWS_REGION: 'eu-west-1' });
    await mkdir(join(home, '.docker'));
    await writeFile(
      join(home, '.docker/config.json'),
      '{"auths":{"ghcr.io":{"auth":"eA=="},"__proto__":{"auth":"eQ=="}},"credsStore":"x"}',
    );
    await login('--ecr', '--registry', '210987654321.dkr.ecr.us-east-2.amazonaws.com');
    expect(await read('.docker/config.json')).toBe(
      `${JSON.stringify(
        JSON.parse(
          `{"credsStore":"x","auths":{"ghcr.io":{"auth":"eA=="},"__proto__":{"auth":"eQ=="},
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com":{"auth":"${auth('eu-west-1')}"},
            "210987654321.dkr.ecr.us-east-2.amazonaws.com":{"auth":"${auth('us-east-2')}"}}}`,
        ),
        undefined,
        2,
      )}\n`,
    );
    expect(said.at(-1)).toContain('123456789012.dkr.ecr.eu-west-1.amazonaws.com, 210987654321');
  });

  it('sets the token of CodeArtifact once, for new shells, and keeps the rest of ~/.env', async () => {
    const { login, guest, read } = await lab({ credentials: SSO });
    await login('--codeartifact', 'libs', '--region', 'eu-west-1');
    await login('--codeartifact', '210987654321/libs', '--region', 'eu-west-1');
    const show = await guest.run(['sh', '-c', 'printf %s "$CODEARTIFACT_AUTH_TOKEN|$NPM_TOKEN"']);
    expect(show.stdout.toString()).toBe('codeartifact-token-of-libs-210987654321-eu-west-1|its\n  here');
    expect((await read('.env')).match(/CODEARTIFACT/g)).toHaveLength(1);
  });

  it('puts no secret into words of a command or into what it says', async () => {
    const { login, guest, said, log } = await lab({ credentials: SSO });
    await login('--ecr', '--codeartifact=libs', '--region=eu-west-1');
    expect(JSON.stringify([guest.calls, said, await log()])).not.toMatch(
      /sso\/secret|sso-token|ecr-password|codeartifact-token/,
    );
  });
});

describe('what stops dewar aws login', () => {
  it.each([
    ['no aws on the host', [], {}, { PATH: '/nonexistent' }, 'AWS_CLI_MISSING'],
    ['no session, and no way to sign in', [], {}, {}, 'AWS_FAILED'],
    ['an old aws', [], { answers: { 'configure export-credentials': 'usage: aws' } }, {}, 'AWS_BAD_ANSWER'],
    [
      'keys that would be lines of their own',
      [],
      { credentials: { ...SSO, SessionToken: 'a\n[other]' } },
      {},
      'AWS_BAD_ANSWER',
    ],
    [
      'an identity that is none',
      [],
      { credentials: SSO, answers: { 'sts get-caller-identity': '{}' } },
      {},
      'AWS_BAD_ANSWER',
    ],
    ['--ecr without a region', ['--ecr'], { credentials: SSO }, {}, 'AWS_NO_REGION'],
    ['a registry of somebody else', ['--registry', 'ghcr.io'], { credentials: SSO }, {}, 'USAGE'],
    ['a profile that is a section', ['--profile', 'a]\n[b'], { credentials: SSO }, {}, 'USAGE'],
    ['a region that is none', ['--region', 'eu central'], { credentials: SSO }, {}, 'USAGE'],
  ])('%s', async (_, args, answers: AwsAnswers, env, code) => {
    const { login, home } = await lab(answers, env);
    await expect(login(...args)).rejects.toThrow(expect.objectContaining({ code }));
    expect(await readdir(home)).toEqual(['.env']);
  });

  it('a ~/.aws that is on a disk', async () => {
    const { login, home } = await lab({ credentials: SSO });
    const disk = await mkdtemp('/var/tmp/dewar-test-aws-');
    scratch.push(disk);
    await symlink(disk, join(home, '.aws'));
    await expect(login()).rejects.toThrow(expect.objectContaining({ code: 'GUEST_NOT_IN_MEMORY' }));
    expect(await readdir(disk)).toEqual([]);
  });

  it('a ~/.env that is on a disk', async () => {
    const { login, home } = await lab({ credentials: SSO });
    const disk = await mkdtemp('/var/tmp/dewar-test-aws-');
    scratch.push(disk);
    await writeFile(join(disk, 'env'), '');
    await runCommand('ln', ['-sf', join(disk, 'env'), join(home, '.env')]);
    await expect(login('--codeartifact=libs', '--region=eu-west-1')).rejects.toThrow(
      expect.objectContaining({ code: 'GUEST_NOT_IN_MEMORY' }),
    );
    expect(await readFile(join(disk, 'env'), 'utf8')).toBe('');
  });
});
