import { z } from 'zod';
import { DewarError } from '../../core/errors.ts';
import type { HostAws } from './host-aws.ts';

/** Credentials that end by themselves. */
export interface SessionCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  /** ISO 8601; undefined where the session's source does not say. */
  expiration: string | undefined;
}

/**
 * Takes the session that this host's AWS CLI has, after a sign-in where it has none. Long-lived keys stay here: a session
 * of theirs is asked for.
 * @throws DewarError AWS_CLI_MISSING, AWS_FAILED, AWS_BAD_ANSWER, DEADLINE, INTERRUPTED
 */
export async function sessionCredentials(
  open: (profile: string | undefined) => HostAws,
  profile: string | undefined,
  browser: boolean,
): Promise<SessionCredentials> {
  const aws = open(profile);
  const keys = parse(await exportCredentials(open, profile, browser), KEYS, EXPORT);
  if (keys.SessionToken !== undefined) return toSession(keys, keys.SessionToken);
  const answer = parse(await aws.run([...GET_SESSION, '--output=json']), SESSION, GET_SESSION);
  return toSession(answer.Credentials, answer.Credentials.SessionToken);
}

const EXPORT = ['configure', 'export-credentials'];
const GET_SESSION = ['sts', 'get-session-token'];
/** How many `source_profile` may follow each other. */
const LONGEST_CHAIN = 5;

// each becomes a line of a file
const WORD = z.string().regex(/^[\x21-\x7e]+$/);
const KEYS = z.object({
  AccessKeyId: WORD,
  SecretAccessKey: WORD,
  SessionToken: WORD.optional(),
  Expiration: WORD.optional(),
});
const SESSION = z.object({ Credentials: KEYS.extend({ SessionToken: WORD }) });

async function exportCredentials(
  open: (profile: string | undefined) => HostAws,
  profile: string | undefined,
  browser: boolean,
): Promise<string> {
  const aws = open(profile);
  const args = [...EXPORT, '--format=process'];
  const first = await aws.tryRun(args);
  if ('output' in first) return first.output;
  const signsIn = await whichSignsIn(open, profile);
  if (signsIn !== undefined) await signsIn.show(['sso', 'login', ...(browser ? [] : ['--no-browser'])]);
  // without a sign-in it fails again, and that error says why
  return aws.run(args);
}

/** A role is of the session of another profile. */
async function whichSignsIn(
  open: (profile: string | undefined) => HostAws,
  profile: string | undefined,
): Promise<HostAws | undefined> {
  let name = profile;
  for (let step = 0; step < LONGEST_CHAIN; step += 1) {
    const aws = open(name);
    const get = async (key: string): Promise<string | undefined> => {
      const result = await aws.tryRun(['configure', 'get', key]);
      return 'output' in result && result.output !== '' ? result.output : undefined;
    };
    if ((await get('sso_session')) !== undefined || (await get('sso_start_url')) !== undefined) return aws;
    name = await get('source_profile');
    if (name === undefined) return undefined;
  }
  return undefined;
}

function parse<T>(text: string, schema: z.ZodType<T>, args: readonly string[]): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // neither the text nor the parser's message is shown: they have keys in them
    throw new DewarError({
      code: 'AWS_BAD_ANSWER',
      message: `aws ${args.join(' ')} printed something else than credentials`,
      mend: 'install the AWS CLI, version 2.9 or newer, on this host',
    });
  }
}

function toSession(keys: z.infer<typeof KEYS>, sessionToken: string): SessionCredentials {
  return {
    accessKeyId: keys.AccessKeyId,
    secretAccessKey: keys.SecretAccessKey,
    sessionToken,
    expiration: keys.Expiration,
  };
}
