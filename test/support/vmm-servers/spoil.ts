/** @returns the body with a field more, and with each field misspelt, in each of the objects of which it is made */
export function spoil(body: unknown): unknown[] {
  if (Array.isArray(body))
    return body.flatMap((item, index) =>
      spoil(item).map((changed) => body.map((other: unknown, at) => (at === index ? changed : other))),
    );
  if (typeof body !== 'object' || body === null) return [];
  const fields = Object.entries(body);
  const misspelt = fields.map(([wrong]) =>
    Object.fromEntries(fields.map(([key, value]) => [key === wrong ? `${key}_` : key, value])),
  );
  const inner = fields.flatMap(([key, value]) =>
    spoil(value).map((changed) => ({ ...body, [key]: changed })),
  );
  return [{ ...body, 'no-such-field': 1 }, ...misspelt, ...inner];
}
