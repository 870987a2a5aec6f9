import { z } from 'zod';
import { DewarError } from '../../core/errors.ts';
import { writeSecret } from '../../guest/write-secret.ts';
import type { Guest, PluginCommandContext } from '../../config/workspace-config.ts';
import { configFiles } from './config-files.ts';
import { addToDockerConfig } from './docker-config.ts';
import { hostAws } from './host-aws.ts';
import type { HostAws } from './host-aws.ts';
import { parseLoginOptions } from './login-options.ts';
import type { LoginOptions } from './login-options.ts';
import { registryOf } from './registry.ts';
import type { Registry } from './registry.ts';
import { sessionCredentials } from './session-credentials.ts';
import { setGuestVariable } from './set-guest-variable.ts';

/**
 * Brings the AWS session of this host's user into the machine, for as long as it lasts.
 * @throws DewarError USAGE, AWS_CLI_MISSING, AWS_FAILED, AWS_BAD_ANSWER, AWS_NO_REGION, GUEST_NOT_IN_MEMORY,
 * GUEST_COMMAND_FAILED, DEADLINE, INTERRUPTED; what the guest throws
 */
export async function login(context: PluginCommandContext): Promise<void> {
  const { guest, say } = context;
  const options = parseLoginOptions(context.args);
  const open = (profile: string | undefined): HostAws => hostAws(context, profile);
  const credentials = await sessionCredentials(open, options.profile, options.browser);
  const aws = open(options.profile);
  const identity = readIdentity(await aws.run([...IDENTITY, '--output=json']));
  const region = await regionOf(aws, context.env, options);
  // all that may fail on the host comes before the guest has anything
  const registries = registriesOf(options, identity.Account, region);
  const logins = await Promise.all(registries.map((registry) => registryLogin(aws, registry)));
  const token = await codeartifactToken(aws, options, region);

  const files = configFiles(credentials, options.profile, region);
  await writeSecret(guest, '.aws/credentials', files.credentials);
  await writeSecret(guest, '.aws/config', files.config);
  say(`the machine is ${identity.Arn}${until(credentials.expiration)}`);
  if (logins.length > 0) {
    await addLogins(guest, logins, say);
    say(`it may pull from ${logins.map(({ host }) => host).join(', ')} (for 12 hours)`);
  }
  if (token !== undefined) {
    await setGuestVariable(guest, TOKEN_VARIABLE, token);
    say(`${TOKEN_VARIABLE} is in its ~/.env: new shells have it`);
  }
}

/** AWS's own name for it in its guides. */
const TOKEN_VARIABLE = 'CODEARTIFACT_AUTH_TOKEN';
const IDENTITY = ['sts', 'get-caller-identity'];
const WORD = /^[\x21-\x7e]+$/;
const DOCKER_CONFIG = '.docker/config.json';
/** More than this of a file is not read from a guest. */
const LARGEST_CONFIG = 1 << 20;

const IDENTITY_SCHEMA = z.object({ Account: z.string().regex(/^\d{12}$/), Arn: z.string().regex(WORD) });

function readIdentity(text: string): z.infer<typeof IDENTITY_SCHEMA> {
  try {
    return IDENTITY_SCHEMA.parse(JSON.parse(text));
  } catch (cause) {
    throw badAnswer(IDENTITY, 'an identity', cause);
  }
}

/** What the AWS CLI itself would take, in its order. */
async function regionOf(
  aws: HostAws,
  env: Readonly<Record<string, string>>,
  { region }: LoginOptions,
): Promise<string | undefined> {
  const given = region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  if (given !== undefined && given !== '') return given;
  const result = await aws.tryRun(['configure', 'get', 'region']);
  return 'output' in result && WORD.test(result.output) ? result.output : undefined;
}

function registriesOf(options: LoginOptions, account: string, region: string | undefined): Registry[] {
  if (!options.ecr) return [...options.registries];
  return [registryOf(account, regionFor('--ecr', region)), ...options.registries];
}

function regionFor(option: string, region: string | undefined): string {
  if (region !== undefined) return region;
  throw new DewarError({
    code: 'AWS_NO_REGION',
    message: `${option} needs a region, and neither the profile nor AWS_REGION says one`,
    mend: `add --region, such as: --region eu-central-1`,
  });
}

async function registryLogin(
  aws: HostAws,
  { host, region }: Registry,
): Promise<{ host: string; password: string }> {
  const args = ['ecr', 'get-login-password'];
  const password = await aws.run([...args, `--region=${region}`]);
  if (!WORD.test(password)) throw badAnswer(args, 'a password');
  return { host, password };
}

async function codeartifactToken(
  aws: HostAws,
  { codeartifact }: LoginOptions,
  region: string | undefined,
): Promise<string | undefined> {
  if (codeartifact === undefined) return undefined;
  const { domain, owner } = codeartifact;
  const args = ['codeartifact', 'get-authorization-token'];
  const token = await aws.run([
    ...args,
    `--domain=${domain}`,
    ...(owner === undefined ? [] : [`--domain-owner=${owner}`]),
    `--region=${regionFor('--codeartifact', region)}`,
    '--query=authorizationToken',
    '--output=text',
  ]);
  if (!WORD.test(token)) throw badAnswer(args, 'a token');
  return token;
}

async function addLogins(
  guest: Guest,
  logins: readonly { host: string; password: string }[],
  say: (message: string) => void,
): Promise<void> {
  const read = await guest.run(['head', '-c', String(LARGEST_CONFIG + 1), '--', DOCKER_CONFIG]);
  const old = read.exitCode === 0 && read.stdout.length <= LARGEST_CONFIG ? read.stdout.toString('utf8') : '';
  const added = addToDockerConfig(old, logins);
  if (added === undefined) say(`~/${DOCKER_CONFIG} of the machine was no config of docker: replaced`);
  await writeSecret(guest, DOCKER_CONFIG, added ?? addToDockerConfig('', logins) ?? '');
}

function until(expiration: string | undefined): string {
  const time = new Date(expiration ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? '' : `, until ${time.toLocaleString()}`;
}

function badAnswer(args: readonly string[], what: string, cause?: unknown): DewarError {
  return new DewarError({
    code: 'AWS_BAD_ANSWER',
    message: `aws ${args.join(' ')} printed something else than ${what}`,
    mend: 'install the AWS CLI, version 2.9 or newer, on this host',
    cause,
  });
}
