/** Why `consume` answered from the tier that it did. Each is explained in docs/consume.md. */
export const REASONS = {
  'contents-only':
    'only contents changed that the build tool never reads to make the graph: the graph index answered',
  'packages-only': 'only some packages changed: they were asked for alone, and the graph index has the rest',
  'not-asked-for': 'the caller asked for a cold answer',
  'warm-server': 'the server kept from the record answered',
  'server-started': 'the base hashes came from the snapshot; its server had to be started again',
  'no-snapshot': 'the store has no snapshot of an ancestor of the target for this workspace',
  'fingerprint-mismatch': 'something other than the commit differs from the nearest snapshot',
  'snapshot-damaged': 'the files of the nearest snapshot do not match its manifest',
  'ancestry-unknown': 'the clone is shallow, and does not show whether a snapshot is of an ancestor',
  'store-unreadable': 'the store could not be read',
  'restore-failed': 'the machine of the snapshot could not be brought back',
  'checkout-failed': 'the target could not be checked out in the machine of the snapshot',
  'query-failed': 'the query of the target failed in the machine of the snapshot',
  'impact-failed': 'the comparison of the hashes failed in the machine of the snapshot',
  deadline: 'the machine of the snapshot did not answer in time',
  'verify-disagreed': 'the answer of the snapshot differed from the cold one, which took its place',
  'partial-graph': 'the graph of the target has errors, so that the warm answer may lack targets',
} as const;

export type Reason = keyof typeof REASONS;
