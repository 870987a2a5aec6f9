/**
 * Adds logins to a `~/.docker/config.json`.
 * @param text what is in the guest; anything, as the guest wrote it
 * @returns undefined when it is no such file
 */
export function addToDockerConfig(
  text: string,
  logins: readonly { host: string; password: string }[],
): string | undefined {
  const config = toObject(text.trim() === '' ? '{}' : text);
  if (config === undefined) return undefined;
  const auths = config['auths'] ?? {};
  if (!isObject(auths)) return undefined;
  const added = logins.map(({ host, password }): [string, unknown] => [
    host,
    { auth: Buffer.from(`AWS:${password}`).toString('base64') },
  ]);
  // entries, as an assignment to a key such as __proto__ is none
  const all = Object.fromEntries([...Object.entries(auths), ...added]);
  const others = Object.entries(config).filter(([key]) => key !== 'auths');
  return `${JSON.stringify(Object.fromEntries([...others, ['auths', all]]), undefined, 2)}\n`;
}

function toObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
