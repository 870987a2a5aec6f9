import { expect, test } from 'vitest';
import { DewarError } from '../../../core/errors.ts';
import { VmmFault } from '../../http/vmm-api.ts';
import { asFreezeFailure } from './as-freeze-failure.ts';

function refused(fault: string): DewarError {
  return new DewarError({
    code: 'COMMAND_REFUSED',
    message: `no: ${fault}`,
    mend: 'ask for something else',
    cause: new VmmFault(400, fault),
  });
}

test.each([
  ['Cannot write the state: No space left on device (os error 28)', 'NO_SPACE'],
  ['Cannot write the state: Disk quota exceeded (os error 122)', 'NO_SPACE'],
  ['Cannot save the guest memory: Permission denied (os error 13)', 'FREEZE_FAILED'],
])('%s: %s', (fault, code) => {
  expect(asFreezeFailure('/m', refused(fault))).toMatchObject({
    code,
    message: expect.stringContaining(`/m: ${fault}`),
  });
});

test('what is no refusal stays what it is', () => {
  const gone = new DewarError({ code: 'MACHINE_ENDED', message: 'it ended', mend: 'read the log' });
  expect(asFreezeFailure('/m', gone)).toBe(gone);
});
