/** A value in its standard form, or what it would have to be (`must be …`). */
export type Verdict = { value: string } | { mustBe: string };
