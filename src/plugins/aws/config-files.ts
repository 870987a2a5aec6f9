import type { SessionCredentials } from './session-credentials.ts';

/**
 * The guest's files of the AWS CLI and SDKs.
 * @param profile also given these credentials under this name, beside `default`
 */
export function configFiles(
  credentials: SessionCredentials,
  profile: string | undefined,
  region: string | undefined,
): { credentials: string; config: string } {
  const others = profile === undefined || profile === 'default' ? [] : [profile];
  const keys = [
    `aws_access_key_id = ${credentials.accessKeyId}`,
    `aws_secret_access_key = ${credentials.secretAccessKey}`,
    `aws_session_token = ${credentials.sessionToken}`,
  ];
  const settings = region === undefined ? [] : [`region = ${region}`];
  return {
    credentials: sections(['default', ...others], keys),
    config: sections(['default', ...others.map((name) => `profile ${quote(name)}`)], settings),
  };
}

function sections(names: readonly string[], lines: readonly string[]): string {
  return names.map((name) => [`[${name}]`, ...lines, ''].join('\n')).join('\n');
}

/** As `aws configure` writes names that have spaces. */
function quote(name: string): string {
  return /\s/.test(name) ? `"${name}"` : name;
}
