// Whether what a host answers depends on what it has told whom before.

import type { Telling } from '../ir/state.ts';
import type { Host, HostInterface } from './host.ts';
import { forwards, forwards6, ipv4Setting, ipv6Setting, messageLimits } from './sysctl.ts';

/** What this host tells others of which it keeps how often. */
export function tellings(host: Host): Telling[] {
  const { given } = messageLimits(host.sysctl);
  return [
    ...(redirects(host) ? [{ title: 'redirects', when: 'where a host is told of a better gateway' }] : []),
    ...(reportsRoutes(host) ? [{ title: 'errors of routes', when: 'where a host is told that a packet of its has no way' }] : []),
    ...given.map((title) => ({ title, when: `where an ICMP message is sent that ${title} is about` })),
  ];
}

/** Whether it may tell others, each so often, that there is no route. */
function reportsRoutes(host: Host): boolean {
  return !host.assumed && host.interfaces.some(({ name, loopback }) => !loopback && forwards(host.sysctl, 4, name));
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
