import { describe, expect, test } from 'vitest';
import { keepLoopbackDirect, komboProxy, temporalProxy } from '../../src/settings/proxy.ts';
import { Secret } from '../../src/secret.ts';

const after = (env: NodeJS.ProcessEnv) => {
  keepLoopbackDirect(env);
  return env;
};

test('this machine is reached without a proxy, in each variable that clients read', () => {
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

describe("Temporal's proxy, as its own client reads it", () => {
  const at = (env: Record<string, string>, address = 'a.tmprl.cloud:7233') => temporalProxy(address, env);
  test.each([
    [{}, undefined],
    [{ HTTPS_PROXY: 'http://p:3128' }, undefined],
    [{ http_proxy: 'http://p:1', https_proxy: 'http://p:2' }, { address: 'p:2' }],
    [{ https_proxy: 'http://p:2', grpc_proxy: 'http://p' }, { address: 'p:80' }],
    [{ https_proxy: 'https://p:2' }, undefined],
    [{ https_proxy: 'nonsense' }, undefined],
    [{ https_proxy: 'http://p:2', no_proxy: 'x,.tmprl.cloud' }, undefined],
    [{ https_proxy: 'http://p:2', no_proxy: '.tmprl.cloud', no_grpc_proxy: 'x' }, { address: 'p:2' }],
    [
      { https_proxy: 'http://ada:p%40ss@p:2' },
      { address: 'p:2', user: { username: 'ada', password: 'p@ss' } },
    ],
  ])('%j: %j', (env, proxy) => {
    expect(at(env as Record<string, string>)).toEqual(proxy);
  });

  test('is not used for this machine', () => {
    const env = after({ https_proxy: 'http://p:2' }) as Record<string, string>;
    for (const address of ['127.0.0.1:7233', 'localhost:7233', '[::1]:7233']) {
      expect(at(env, address)).toBeUndefined();
    }
  });
});

test("Kombo's proxy is reported without its password", () => {
  const settings = {
    KOMBO_API_URL: 'https://api.kombo.dev/v1',
    KOMBO_PROXY: new Secret('http://a:b@p:3128'),
  };
  expect(komboProxy(settings, {})).toBe('p:3128');
  expect(komboProxy({ ...settings, KOMBO_API_URL: 'http://127.0.0.1:1/v1' }, {})).toBeUndefined();
  const { KOMBO_API_URL } = settings;
  const env = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://q:1' };
  const plain = { KOMBO_API_URL, KOMBO_PROXY: undefined };
  expect(komboProxy(plain, env)).toBe('q:1');
  expect(komboProxy(plain, { ...env, NO_PROXY: 'kombo.dev' })).toBeUndefined();
  expect(komboProxy(plain, { HTTPS_PROXY: 'http://q:1' })).toBeUndefined();
});
