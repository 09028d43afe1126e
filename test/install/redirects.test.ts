import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { defaultRetryPolicy } from '../../native-models/install/hub/retry.ts';
import { isPrivateAddress } from '../../native-models/install/hub/private-address.ts';
import { get, type HubConnection } from '../../native-models/install/hub/requests.ts';

const signal = new AbortController().signal;
const names: Record<string, string[]> = {
  'storage.example': ['93.184.215.14'],
  'inside.example': ['93.184.215.14', '192.168.1.1'],
  'six.example': ['2606:4700::1', 'fd00::1'],
  'hub.corp': ['10.0.0.5'],
};

beforeEach(() => {
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']) vi.stubEnv(name, '');
});
afterEach(() => void vi.unstubAllEnvs());

/** What a download comes to that this hub redirects to `location`, and the hosts it has reached. */
async function follow(endpoint: string, location: string, proxy: string | null = null) {
  const reached: string[] = [];
  const lookedUp: string[] = [];
  const connection: HubConnection = {
    access: () => ({ endpoint, token: null, bytesPerSecond: null, proxy }),
    gate: async () => () => undefined,
    patience: defaultRetryPolicy,
    fetch: async (url) => {
      reached.push(new URL(String(url)).hostname);
      if (reached.length > 1) return new Response('bytes');
      return new Response(null, { status: 302, headers: { location } });
    },
    lookUp: async (host) => {
      lookedUp.push(host);
      return names[host] ?? Promise.reject(new Error('ENOTFOUND'));
    },
  };
  const address = `${endpoint}/someone/files/resolve/main/a.bin`;
  const outcome = await get(connection, address, { purpose: 'Download', signal }).then(
    ({ status }) => status,
    (error: { code: string; details: { reason: string } }) => `${error.code}: ${error.details.reason}`,
  );
  return { outcome, reached, lookedUp };
}

const refused = 'network-failed: redirects';
const hub = 'http://hub.example';

test.each([
  ['http://127.0.0.1:8080/'],
  ['http://localhost/'],
  ['http://a.localhost/'],
  ['http://2130706433/'],
  ['http://0x7f.1/'],
  ['http://0.0.0.0:6379/'],
  ['http://[::1]/'],
  ['http://[::ffff:127.0.0.1]/'],
  ['http://10.1.2.3/'],
  ['http://172.31.255.255/'],
  ['http://192.168.0.1/'],
  ['http://169.254.169.254/latest/meta-data/'],
  ['http://100.64.0.1/'],
  ['http://[fe80::1]/'],
  ['http://[fd12:3456::1]/'],
  ['http://inside.example/'],
  ['http://six.example/'],
])('a hub of the internet cannot send a download to %s', async (location) => {
  expect(await follow(hub, location)).toMatchObject({ outcome: refused, reached: ['hub.example'] });
});

test.each([
  ['http://storage.example/'],
  ['http://93.184.215.14/'],
  ['http://172.32.0.1/'],
  ['http://unknown.example/'],
])('it can send it to %s', async (location) => {
  expect(await follow(hub, location)).toMatchObject({ outcome: 200 });
});

test.each([['http://127.0.0.1:9'], ['http://hub.corp'], ['http://192.168.1.20'], ['http://[::1]:9']])(
  'a hub at %s, inside the network, may send it to its storage there',
  async (endpoint) => {
    expect(await follow(endpoint, 'http://localhost:10/')).toMatchObject({ outcome: 200 });
  },
);

test('behind a proxy, which looks names up itself, no name is looked up here; addresses are refused all the same', async () => {
  const proxy = 'http://proxy.corp:3128';
  expect(await follow(hub, 'http://inside.example/', proxy)).toMatchObject({ outcome: 200, lookedUp: [] });
  expect(await follow(hub, 'http://10.0.0.1/', proxy)).toMatchObject({ outcome: refused, lookedUp: [] });
  vi.stubEnv('HTTPS_PROXY', proxy);
  expect(await follow(hub, 'http://inside.example/')).toMatchObject({ outcome: 200, lookedUp: [] });
});

test('addresses at the edges of the networks are told apart', () => {
  const inside = [
    '172.16.0.0',
    '172.31.255.255',
    '100.127.255.255',
    '198.19.0.1',
    '255.255.255.255',
    'febf::1',
  ];
  const outside = [
    '172.15.255.255',
    '172.32.0.0',
    '100.128.0.0',
    '198.20.0.1',
    '223.255.255.255',
    '2001:db8::1',
  ];
  expect(inside.filter(isPrivateAddress)).toEqual(inside);
  expect(outside.filter(isPrivateAddress)).toEqual([]);
});
