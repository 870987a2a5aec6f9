import semver from 'semver';

/**
 * Whether a Bazel can print its repositories as protos (`mod show_repo --output=streamed_proto`): from 8.6.0 on, but
 * not 9.0.0.
 * @param version undefined when it could not be read: then only trying tells
 */
export function showsRepositories(version: string | undefined): boolean {
  if (version === undefined) return true;
  const parsed = semver.parse(version, { loose: true });
  if (parsed === null) return false;
  const release = `${parsed.major}.${parsed.minor}.${parsed.patch}`;
  return semver.gte(release, '8.6.0') && release !== '9.0.0';
}
