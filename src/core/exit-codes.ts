/** Exit codes of the `dewar` program. 2 is kept for "no compatible snapshot" (`consume --fallback exit`). */
export const EXIT = { ok: 0, error: 1, noSnapshot: 2, interrupted: 130 } as const;
