import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the stand-in answers. */
export interface AwsAnswers {
  /** Of `configure export-credentials`; it fails as without a session when undefined. */
  credentials?: unknown;
  /** The same after `sso login`. */
  afterSignIn?: unknown;
  /** Of `configure get`: `KEY`, or `PROFILE.KEY` with a profile. */
  settings?: Readonly<Record<string, string>>;
  /** Replaces single answers, by the first two words. */
  answers?: Readonly<Record<string, string>>;
}

/**
 * Stands in for the AWS CLI 2, by what its reference says: options as `--name=value`, exit codes, JSON.
 * @returns what PATH needs, and the file that has each of its command lines
 */
export async function standInAws(
  directory: string,
  answers: AwsAnswers,
): Promise<{ path: string; log: string }> {
  const bin = join(directory, 'bin');
  const log = join(directory, 'aws.log');
  await mkdir(bin, { recursive: true });
  await writeFile(join(directory, 'aws.json'), JSON.stringify({ ...answers, log }));
  const program = join(bin, 'aws');
  await writeFile(program, `#!${process.execPath}\n(${main.toString()})(${JSON.stringify(directory)});\n`);
  await chmod(program, 0o755);
  return { path: `${bin}:${process.env['PATH'] ?? ''}`, log };
}

/** Runs in the program itself, as CommonJS. */
function main(directory: string): void {
  const { appendFileSync, existsSync, readFileSync, writeFileSync } = process.getBuiltinModule('node:fs');
  const state = JSON.parse(readFileSync(`${directory}/aws.json`, 'utf8')) as AwsAnswers & { log: string };
  const words = process.argv.slice(2);
  appendFileSync(state.log, `${words.join(' ')}\n`);
  const option = (name: string): string | undefined =>
    words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  const command = words.slice(0, 2).join(' ');
  const commands: Record<string, () => string | { exitCode: number; message: string }> = {
    'configure export-credentials': () => {
      const signedIn = existsSync(`${directory}/signed-in`);
      const credentials = signedIn ? state.afterSignIn : state.credentials;
      if (credentials === undefined)
        return { exitCode: 255, message: 'Error loading SSO Token: Token for corp does not exist' };
      return JSON.stringify({ Version: 1, ...(credentials as object) });
    },
    'configure get': () => {
      const profile = option('profile');
      const key = profile === undefined ? words[2] : `${profile}.${words[2]}`;
      const value = state.settings?.[key ?? ''];
      return value ?? { exitCode: 1, message: '' };
    },
    'sso login': () => {
      writeFileSync(`${directory}/signed-in`, '');
      return 'Attempting to automatically open the SSO authorization page in your default browser.\nhttps://device.sso.eu-central-1.amazonaws.com/\n\nThen enter the code:\n\nABCD-EFGH\nSuccessfully logged into Start URL: https://example.awsapps.com/start';
    },
    'sts get-caller-identity': () =>
      JSON.stringify({
        UserId: 'AROAEXAMPLE:ann',
        Account: '123456789012',
        Arn: 'arn:aws:sts::123456789012:assumed-role/Developer/ann',
      }),
    'sts get-session-token': () =>
      JSON.stringify({
        Credentials: {
          AccessKeyId: 'ASIASESSION',
          SecretAccessKey: 'session/secret+key',
          SessionToken: 'session-token==',
          Expiration: '2026-12-01T08:00:00+00:00',
        },
      }),
    'ecr get-login-password': () => `ecr-password-of-${option('region')}`,
    'codeartifact get-authorization-token': () =>
      `codeartifact-token-of-${option('domain')}-${option('domain-owner') ?? 'own'}-${option('region')}`,
  };
  const answer = state.answers?.[command] ??
    commands[command]?.() ?? { exitCode: 252, message: 'aws: error: argument command: Invalid choice' };
  if (typeof answer === 'string') process.stdout.write(`${answer}\n`);
  else {
    process.stderr.write(`\n${answer.message}\n`);
    process.exitCode = answer.exitCode;
  }
}
