// Whether what a host answers depends on what it has told whom before.

import type { Host, HostInterface } from './host.ts';
import { forwards, forwards6, ipv4Setting, ipv6Setting } from './sysctl.ts';

/** What has a replay with several shards start over with one. */
export interface Telling {
  /** What it is about, as a person would call it. */
  readonly title: string;
  /** When, in words that may follow "once more". */
  readonly when: string;
}

/** What this host tells others of which it keeps how often. */
export function tellings(host: Host): Telling[] {
  return redirects(host) ? [{ title: 'redirects', when: 'where a host is told of a better gateway' }] : [];
}

/** Whether it may send packets back by the interface that they came in by, and so tell their source of a better gateway. */
function redirects(host: Host): boolean {
  return !host.assumed && host.interfaces.some((one) => !one.loopback && (redirects4(host, one) || redirects6(host, one)));
}

function redirects4(host: Host, { name }: HostInterface): boolean {
  return forwards(host.sysctl, 4, name) && ipv4Setting(host, name, 'send_redirects') !== 0;
}

/** A redirect of IPv6 comes from a link-local address. */
function redirects6({ sysctl }: Host, { name, addresses }: HostInterface): boolean {
  const isLinkLocal = (address: Uint8Array): boolean => address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
  if (!forwards6(sysctl) && ipv6Setting(sysctl, name, 'force_forwarding') === 0) return false;
  return addresses.some(({ family, address }) => family === 6 && isLinkLocal(address));
}
