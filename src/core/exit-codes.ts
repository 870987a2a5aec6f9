/**
 * Exit codes of the `dewar` program. 2 is kept for "no compatible snapshot" (`consume --fallback exit`), 3 for "the
 * answers differ" (`verify`).
 */
export const EXIT = { ok: 0, error: 1, noSnapshot: 2, disagreed: 3, interrupted: 130 } as const;
