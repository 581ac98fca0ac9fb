import { inTime } from '../../functions/adapters/azure-credential.ts';

const token = { token: 'a token', expiresOnTimestamp: 0 };
const never = { getToken: () => new Promise<never>(() => {}) };
const late = 'the identity gave no token in time';

test('when an identity answers, then that is the token', async () => {
  const credential = inTime({ getToken: () => Promise.resolve(token) });
  await expect(credential.getToken('scope')).resolves.toBe(token);
});

test('when an identity never answers, then the wait ends after its limit', async () => {
  await expect(inTime(never, 20).getToken('scope')).rejects.toThrow(late);
});

test.each([
  ['is over', () => AbortSignal.abort()],
  ['ends meanwhile', () => AbortSignal.timeout(20)],
])("when the run's time %s, then the wait ends, whatever the identity does", async (_, signal) => {
  await expect(inTime(never).getToken('scope', { abortSignal: signal() })).rejects.toThrow(late);
});

test('when an identity fails after the wait, then nothing else breaks', async () => {
  let fail = (_: Error) => {};
  const failing = {
    getToken: () =>
      new Promise<never>((_, reject) => {
        fail = reject;
      }),
  };
  await expect(inTime(failing, 20).getToken('scope')).rejects.toThrow(late);
  fail(new Error('too late to matter'));
  await new Promise(setImmediate);
});
