import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

import type { HubAccess } from './access.ts';

/** Addresses that only this machine or its network reaches (IANA's special-purpose registries; RFC 6890). */
const inside = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  inside.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 127],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  inside.addSubnet(network, bits, 'ipv6');
}

/** The addresses of a host name. */
export type LookUp = (hostname: string) => Promise<readonly string[]>;

const lookUp: LookUp = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);

/** Whether an IP address is one of this machine or its network; one of IPv4 written as IPv6 is what it stands for. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && inside.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether a host is this machine or in its network, by its address or by one that its name has. A name is not looked up
 * where a proxy does that; one that cannot be looked up is none.
 */
async function isPrivateHost(hostname: string, look: LookUp | null): Promise<boolean> {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true;
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 || look === null) return isPrivateAddress(address);
  return (await look(hostname).catch(() => [])).some(isPrivateAddress);
}

/**
 * Whether a hub may send a download to `url`: not from the internet into the network of the person, where servers trust
 * everybody who reaches them. A hub that is itself there may.
 */
export async function mayRedirectTo(
  url: URL,
  { endpoint, proxy }: Pick<HubAccess, 'endpoint' | 'proxy'>,
  look: LookUp = lookUp,
): Promise<boolean> {
  const ownLook = proxy !== null || hasProxy(process.env) ? null : look;
  const host = new URL(endpoint).hostname;
  return !(await isPrivateHost(url.hostname, ownLook)) || isPrivateHost(host, ownLook);
}

const hasProxy = (env: NodeJS.ProcessEnv) =>
  ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some((name) => Boolean(env[name]));
