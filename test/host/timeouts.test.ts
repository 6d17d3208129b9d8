import { expect, test } from 'vitest';
import type { Host } from '../../src/host/host.ts';
import { readSnapshot, readYaml } from './reading.ts';

/** Every policy as one line: its name, what it is for, and its seconds by state. */
function policies(host: Host | undefined): string[] {
  return [...host!.kernel.timeouts].map(([name, { family, protocol, seconds }]) => {
    const states = protocol.timeouts.flatMap(({ state }, i) => (state === undefined ? [] : `${state} ${seconds[i]}`));
    return `${name}: IPv${family} ${protocol.name}: ${states.join(', ')}`;
  });
}

test('timeout policies are named mappings; what they do not say is as the sysctls have it', () => {
  const { host, messages } = readYaml(`
sysctl: { net.netfilter.nf_conntrack_udp_timeout: 7, net.netfilter.nf_conntrack_tcp_timeout_established: 99 }
timeout_policies:
  short: { l3proto: inet, l4proto: tcp, close: 5, syn_sent2: 6 }
  dns six: { l3proto: inet6, l4proto: udp, replied: 4294967295 }
  rest: { l3proto: ipv4, l4proto: generic, timeout: 0 }
`);
  expect(messages).toBe('');
  expect(policies(host)).toEqual([
    'short: IPv4 tcp: syn_sent 120, syn_recv 60, established 99, fin_wait 120, close_wait 60, last_ack 30, time_wait 120, close 5, syn_sent2 6, retrans 300, unacknowledged 300',
    'dns six: IPv6 udp: unreplied 7, replied 4294967295',
    'rest: IPv4 generic: timeout 0',
  ]);
});

test('what the kernel would not take for a policy is refused at its place', () => {
  const { messages } = readYaml(`timeout_policies:
  a: { l3proto: inet, l4proto: tcp, closed: 5 }
  b: { l3proto: inte, l4proto: udp, replied: -1 }
  c: { l3proto: inet, l4proto: dccp, request: 5 }
  d: { l3proto: inet, l4proto: icmp }
  e: 5
  a name that has more than 31 bytes: { l3proto: inet, l4proto: icmp, timeout: 5 }
`);
  expect(messages).toBe(`host.yaml:2:37: error: a timeout policy of tcp has no key "closed" (did you mean "close"?) [unknown-key]
    2 |   a: { l3proto: inet, l4proto: tcp, closed: 5 }
      |                                     ^~~~~~
host.yaml:2:3: error: a timeout policy says at least one timeout [bad-host]
    2 |   a: { l3proto: inet, l4proto: tcp, closed: 5 }
      |   ^
host.yaml:3:17: error: "l3proto" is one of inet, ipv4, inet6, ipv6 (did you mean "inet"?) [bad-host]
    3 |   b: { l3proto: inte, l4proto: udp, replied: -1 }
      |                 ^~~~
host.yaml:3:46: error: "replied" is a number of seconds from 0 to 4294967295 [bad-host]
    3 |   b: { l3proto: inte, l4proto: udp, replied: -1 }
      |                                              ^~
host.yaml:3:3: error: a timeout policy says at least one timeout [bad-host]
    3 |   b: { l3proto: inte, l4proto: udp, replied: -1 }
      |   ^
host.yaml:4:32: error: the kernel has no tracker for dccp, and takes no policy for it: its connections are generic [bad-host]
    4 |   c: { l3proto: inet, l4proto: dccp, request: 5 }
      |                                ^~~~
host.yaml:5:3: error: a timeout policy says at least one timeout [bad-host]
    5 |   d: { l3proto: inet, l4proto: icmp }
      |   ^
host.yaml:6:6: error: a timeout policy is a mapping with l3proto, l4proto and timeouts of that protocol [bad-host]
    6 |   e: 5
      |      ^
host.yaml:7:3: error: the name of a timeout policy has 1 to 31 bytes [bad-name]
    7 |   a name that has more than 31 bytes: { l3proto: inet, l4proto: icmp, timeout: 5 }
      |   ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
`);
});

/** As nfct 1.4.7 prints it. */
const LIST = `.web = {
	.l3proto = 2,
	.l4proto = 6,
	.policy = {
		.SYN_SENT = 1,
		.SYN_RECV = 2,
		.ESTABLISHED = 3,
		.FIN_WAIT = 4,
		.CLOSE_WAIT = 5,
		.LAST_ACK = 6,
		.TIME_WAIT = 7,
		.CLOSE = 8,
		.SYN_SENT2 = 9,
		.RETRANS = 10,
		.UNACKNOWLEDGED = 11,
	},
};
.two words = {
	.l3proto = 10,
	.l4proto = 255,
	.policy = {
		.TIMEOUT = 9,
	},
};
`;

test('a snapshot has them as nfct lists them', () => {
  const { host, messages } = readSnapshot({ 'timeouts.txt': LIST });
  expect(messages).toBe('');
  expect(policies(host)).toEqual([
    'web: IPv4 tcp: syn_sent 1, syn_recv 2, established 3, fin_wait 4, close_wait 5, last_ack 6, time_wait 7, close 8, syn_sent2 9, retrans 10, unacknowledged 11',
    'two words: IPv6 generic: timeout 9',
  ]);
});

test('a line that nfct does not print, and a protocol it does not know, have their place', () => {
  const { messages } = readSnapshot({ 'timeouts.txt': '.web = {\n\tl3proto = 2,\n};\n' });
  expect(messages).toBe(`timeouts.txt:2:1: error: expected a line as \`nfct list timeout\` prints it [bad-snapshot]
    2 | 	l3proto = 2,
      | ^~~~~~~~~~~~~
timeouts.txt:1:1: error: expected l3proto and l4proto of timeout policy "web", of protocols that are known [bad-snapshot]
    1 | .web = {
      | ^~~~~~~~
`);
});
