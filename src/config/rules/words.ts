/** Names that the schema checks by their form, and how the form is told. */
export const WORDS: Record<'name' | 'debianPackage' | 'variable' | 'image', Word> = {
  name: {
    pattern: /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/,
    mustBe: '1 to 32 lower-case letters, digits and hyphens, without a hyphen at either end',
  },
  // Debian's own rule; what apt would read as a version, a suite, an architecture or a removal is none.
  debianPackage: {
    pattern: /^[a-z0-9][a-z0-9+.-]*[a-z0-9+]$/,
    mustBe: 'the name of a Debian package alone: which version it is says dewar.lock',
  },
  variable: {
    pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
    mustBe: 'the name of a variable: letters, digits and _, not a digit first',
  },
  image: {
    pattern: /^[a-z0-9][a-z0-9-]{0,63}$/,
    mustBe: "an image's profile, or the beginning of an image's id",
  },
};

export interface Word {
  pattern: RegExp;
  mustBe: string;
}
