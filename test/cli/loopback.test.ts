import { expect, test } from 'vitest';
import { keepLoopbackDirect } from '../../src/cli/support/loopback.ts';

const after = (env: NodeJS.ProcessEnv) => {
  keepLoopbackDirect(env);
  return env;
};

test('this machine is reached without a proxy, under each name that is read', () => {
  const list = '127.0.0.1,localhost,::1';
  expect(after({})).toEqual({ no_proxy: list, NO_PROXY: list });
  expect(after({ NO_PROXY: 'localhost,intra.net' })).toEqual({
    no_proxy: 'localhost,intra.net,127.0.0.1,::1',
    NO_PROXY: 'localhost,intra.net,127.0.0.1,::1',
  });
  expect(after({ no_grpc_proxy: 'a', no_proxy: 'b', NO_PROXY: 'c' })).toEqual({
    no_grpc_proxy: `a,${list}`,
    no_proxy: `b,${list}`,
    NO_PROXY: `b,${list}`,
  });
});
