// What translation and routing have, and the scenarios recorded from the live kernel that show it: a rule that some packet meets, a line of
// the host, a packet, or what became of one. What the kernel draws at random is not here: test/kernel/draws.test.ts.

import { describe, expect, test } from 'vitest';
import { readScenarios, type Scenario } from '../support/scenario.ts';

/** What shows an item in a scenario. */
interface Shown {
  /** A rule that a packet meets. */
  readonly rule?: RegExp;
  /** A line of the host file. */
  readonly host?: RegExp;
  /** A packet, and what became of it. */
  readonly packet?: RegExp;
  readonly outcome?: RegExp;
}

type Item = readonly [name: string, ...shown: readonly (readonly [scenario: string, Shown])[]];

/** An outcome that is left, by this device. */
const LEFT = /^eth\d \S/;
const GONE = /^(gone|refused)/;

const TRANSLATION: readonly Item[] = [
  ['SNAT', ['nat/snat.md', { rule: /-j SNAT --to-source 192/ }], ['nat/old-server6.md', { rule: /-j SNAT --to-source 2001/ }]],
  [
    'DNAT',
    ['nat/dnat.md', { rule: /-j DNAT --to-destination 10/ }],
    ['nat/ipv6.md', { rule: /-j DNAT --to-destination \[2001/ }],
  ],
  ['MASQUERADE', ['nat/masquerade.md', { rule: /MASQUERADE/ }], ['nat/masquerade-ipv6.md', { rule: /MASQUERADE/ }]],
  ['REDIRECT', ['nat/redirect.md', { rule: /REDIRECT/ }], ['nat/masquerade-ipv6.md', { rule: /REDIRECT/ }]],
  ['NETMAP', ['nat/netmap.md', { rule: /NETMAP --to 10\./ }], ['nat/netmap.md', { rule: /NETMAP --to 2001:/ }]],
  ['DNPT', ['nat/npt.md', { rule: /-j DNPT/ }]],
  ['SNPT', ['nat/npt.md', { rule: /-j SNPT/ }]],
  [
    'ranges of addresses',
    ['nat/snat.md', { rule: /--to-source \S+-192\.0\.2\.29$/ }],
    ['nat/dnat.md', { rule: /--to-destination 10\.0\.0\.20-\S+$/ }],
    ['nat/ipv6.md', { rule: /--to-destination 2001:db8:2::10-2001:db8:2::1f$/ }],
  ],
  [
    'ranges of ports',
    ['nat/dnat.md', { rule: /:7000-7003$/ }],
    ['nat/masquerade.md', { rule: /--to-ports/ }],
    ['nat/redirect.md', { rule: /--to-ports 7000-7001/ }],
    ['nat/numbers.md', { rule: /\[2001:db8:1::1\]:5000-5001/ }],
  ],
  ['ranges of ports with a shift', ['nat/dnat.md', { rule: /:7000-7999\/5000/ }]],
  [
    '--persistent',
    ['nat/snat.md', { rule: /--persistent/ }],
    ['nat/dnat.md', { rule: /--persistent/ }],
    ['nat/ipv6.md', { rule: /--persistent/ }],
  ],
  [
    'what no rule translates',
    ['nat/null-binding.md', { packet: /^eth1: 10\.0\.0\.8 > .* udp/, outcome: /^eth0 ttl-1 \| .*nat POSTROUTING policy/ }],
    ['nat/null-binding.md', { packet: /^sent: 192.* proto 50/, outcome: /^gone .*nat POSTROUTING policy/ }],
    ['nat/null-binding.md', { packet: /^sent: 2001.* proto 50/, outcome: GONE }],
  ],
  [
    'a port that is free stays',
    ['nat/numbers.md', { packet: /10\.0\.0\.7 > .* tcp 5001/, outcome: /^eth0 ttl-1 but 10:\w+ 14:\w+ 36:/ }],
  ],
  [
    'ports that clash',
    ['nat/numbers.md', { packet: /10\.0\.0\.8 > .* tcp 5001/, outcome: /21:88/ }],
    ['nat/numbers.md', { packet: /2::8 > .* tcp 5001/, outcome: /41:88/ }],
  ],
  [
    'ports that are used up',
    ['nat/numbers.md', { packet: /10\.0\.0\.9 > 198\.51\.100\.7 udp/, outcome: GONE }],
    ['nat/numbers.md', { packet: /2::9 > .* udp/, outcome: GONE }],
  ],
  ['low ports', ['nat/numbers.md', { packet: /udp 511/, outcome: /20:0200/ }]],
  [
    'ids of ICMP',
    ['nat/numbers.md', { packet: /10\.0\.0\.8 > .* icmp 8\/0 id 8/, outcome: /25:07/ }],
    ['nat/snat.md', { rule: /-p icmp -j SNAT --to-source \S+:7$/ }],
  ],
  [
    'call ids of GRE',
    ['nat/protocols.md', { packet: / proto 47 /, outcome: LEFT }],
    ['helper/pptp-nat.md', { packet: /^eth0: .* proto 47 data 3001880b00000fa0/, outcome: /26:1111/ }],
  ],
  [
    'SCTP',
    ['nat/protocols.md', { packet: / sctp /, outcome: LEFT }],
    ['nat/numbers.md', { packet: /^eth1: 2001.* sctp /, outcome: LEFT }],
  ],
  ['DCCP', ['nat/protocols.md', { packet: / dccp /, outcome: LEFT }]],
  ['UDP-Lite', ['nat/protocols.md', { packet: / udplite /, outcome: LEFT }]],
  [
    'protocols without numbers',
    ['nat/protocols.md', { packet: / proto 50 /, outcome: LEFT }],
    ['nat/old-server6.md', { packet: / proto 50 /, outcome: LEFT }],
  ],
  [
    'quoted packets of ICMP errors, both ways',
    ['nat/errors.md', { packet: /^eth0: .* icmp 3\/\d .*\(/, outcome: LEFT }],
    ['nat/errors.md', { packet: /^eth1: .* icmp 3\/\d .*\(/, outcome: LEFT }],
    ['nat/old-server6.md', { packet: / icmp6 1\/4 .*\(/, outcome: LEFT }],
    ['nat/old-server6.md', { packet: / icmp6 3\/0 .*\(/, outcome: LEFT }],
  ],
  ['helper ftp', ['nat/ftp.md', { rule: /--helper ftp/ }]],
  ['helper irc', ['nat/datagram-helpers.md', { rule: /--helper irc/ }]],
  ['helper tftp', ['nat/datagram-helpers.md', { rule: /--helper tftp/ }]],
  ['helper amanda', ['nat/datagram-helpers.md', { rule: /--helper amanda/ }]],
  ['helper sip', ['helper/sip-nat.md', { rule: /--helper sip/ }], ['helper/sip-nat-tcp.md', { rule: /--helper sip/ }]],
  ['helper pptp', ['helper/pptp-nat.md', { rule: /--helper pptp/ }], ['helper/pptp-nat-server.md', { rule: /--helper pptp/ }]],
  ['helper snmp', ['nat/snmp.md', { rule: /--helper snmp$/ }], ['nat/snmp.md', { rule: /--helper snmp_trap$/ }]],
  ['helper h323', ['helper/h323-nat-call.md', { rule: /--helper Q\.931/ }], ['helper/h323-nat-ras.md', { rule: /--helper RAS/ }]],
  [
    'sequence numbers behind a text that has changed',
    ['nat/ftp.md', { packet: / A seq /, outcome: /^eth0 ttl-1 but .*2[4-7]:/ }],
  ],
  ['checksums of UDP: none stays none', ['nat/protocols.md', { packet: / nosum/, outcome: /^eth\d ttl-1 but (?!.*\b2[67]:)/ }]],
  [
    'fragments',
    ['nat/fragments.md', { packet: /^eth1: 10.* part /, outcome: LEFT }],
    ['nat/fragments.md', { packet: /^eth1: 2001.* part /, outcome: LEFT }],
  ],
  ['in INPUT', ['nat/hooks.md', { rule: /^-A INPUT .* SNAT/ }], ['nat/hooks6.md', { rule: /^-A INPUT .* SNAT/ }]],
  [
    'in OUTPUT',
    ['nat/hooks.md', { rule: /^-A OUTPUT .* REDIRECT/ }],
    ['nat/dnat.md', { rule: /^-A OUTPUT .* DNAT/ }],
    ['nat/hooks6.md', { rule: /^-A OUTPUT .* DNAT/ }],
  ],
  [
    'over the loopback device',
    ['nat/hooks.md', { rule: /^-A POSTROUTING -o lo .* SNAT/ }],
    ['nat/hooks6.md', { rule: /^-A POSTROUTING -o lo .* SNAT/ }],
  ],
  [
    'hairpin',
    ['nat/hairpin.md', { rule: /-s 10\.0\.0\.0\/24 -d 10\.0\.0\.0\/24 .* MASQUERADE/ }],
    ['nat/hairpin.md', { rule: /-s 2001.* -d 2001.* MASQUERADE/ }],
  ],
  [
    '--ctstate SNAT,DNAT',
    ['nat/snat.md', { rule: /--ctstate SNAT/ }],
    ['nat/gateway.md', { rule: /--ctstate DNAT/ }],
    ['nat/ipv6.md', { rule: /--ctstate SNAT,DNAT/ }],
  ],
  ['answers that no rule is asked about', ['nat/gateway.md', { packet: /^eth0: .* SA /, outcome: /^eth1 ttl-1 but (?!.*nat)/ }]],
  [
    'classic: port 8080 to an inner web server, with masquerading',
    ['nat/gateway.md', { rule: /--dport 8080 -j DNAT/ }],
    ['nat/gateway.md', { rule: /-j MASQUERADE/ }],
    ['nat/ipv6.md', { rule: /--dport 8080 -j DNAT/ }],
  ],
  [
    'classic: 59999 is the local 80',
    ['nat/redirect.md', { rule: /--dport 59999 -j REDIRECT --to-ports 80/ }],
    ['nat/ipv6.md', { rule: /--dport 59999 -j REDIRECT --to-ports 80/ }],
  ],
  [
    'classic: a service on 127.0.0.1 is reached from outside',
    ['nat/loopback-service.md', { host: /route_localnet: 1/, outcome: /^delivered/ }],
    ['nat/loopback-service6.md', { rule: /DNAT --to-destination \[::1\]/ }],
  ],
  [
    'classic: all traffic for an old server goes to a new one',
    ['nat/old-server.md', { rule: /DNAT/ }],
    ['nat/old-server6.md', { rule: /DNAT/ }],
  ],
  ['classic: two ways to the outside', ['nat/two-uplinks.md', { rule: /CONNMARK --restore-mark/ }]],
];

const ROUTING: readonly Item[] = [
  ['devices that are down', ['routing/down.md', { host: /up: false/ }], ['routing/linkdown.md', { host: /carrier: false/ }]],
  ['several addresses, labels', ['routing/addresses.md', { host: /192\.0\.2\.1\/24 label eth0:1.*192\.0\.2\.2\/24/ }]],
  ['VLANs as names', ['routing/addresses.md', { rule: /-i eth0\.100$/ }]],
  ['dummy devices as names', ['routing/addresses.md', { packet: /./, outcome: /^dummy0 / }]],
  ['bridges as names', ['routing/addresses.md', { packet: /./, outcome: /^br-lan / }]],
  ['the loopback device', ['traversal/loopback.md', { packet: /^sent: /, outcome: /^delivered .*OUTPUT.*/ }]],
  [
    'the longest prefix',
    ['routing/routes.md', { packet: /10\.9\.200\.1/, outcome: /^eth1/ }],
    ['routing/routes.md', { packet: /2001:db8:9::1/, outcome: /^eth1/ }],
  ],
  ['metrics', ['routing/metrics-tos.md', { host: /default .*metric 100/ }]],
  ...[0, 1, 2, 3].map(
    (policy): Item => [
      `several paths, hash policy ${policy}`,
      [`routing/multipath-${policy}.md`, { host: /nexthop .* weight/, packet: /^eth1: 10/, outcome: LEFT }],
      [`routing/multipath-${policy}.md`, { packet: /^eth1: 2001/, outcome: LEFT }],
    ],
  ),
  ...['blackhole', 'unreachable', 'prohibit'].map(
    (kind): Item => [
      kind,
      ['routing/routes.md', { host: new RegExp(`- ${kind} 10`) }],
      ['routing/routes.md', { host: new RegExp(`- ${kind} 2001`) }],
    ],
  ),
  ['throw', ['routing/rules.md', { host: /- throw 198/ }], ['routing/rules6.md', { host: /- throw/ }]],
  ['src', ['routing/options-filled.md', { host: / src \d/ }]],
  ['several tables', ['routing/rules.md', { host: /table 104/ }], ['routing/rules6.md', { host: /table 100/ }]],
  ...['from', 'to', 'fwmark', 'iif', 'oif', 'tos', 'sport', 'dport', 'ipproto'].map(
    (word): Item => [
      `rules: ${word}`,
      [word === 'oif' ? 'routing/reroute.md' : 'routing/rules.md', { host: new RegExp(`- .*\\b${word} \\S+.* lookup`) }],
      ...(word === 'oif' ? [] : [['routing/rules6.md', { host: new RegExp(`- .*\\b${word} \\S+.* lookup`) }] as const]),
    ],
  ),
  [
    'rules: goto, nop, suppression',
    ['routing/rules-goto.md', { host: / goto / }],
    ['routing/rules-goto.md', { host: /suppress_prefixlength/ }],
    ['routing/rules-goto.md', { host: /suppress_ifgroup/ }],
  ],
  [
    'led anew behind mangle OUTPUT',
    ['routing/reroute.md', { packet: /^sent: 10.* > 1$/, outcome: /^eth2/ }],
    ['routing/reroute.md', { packet: /^sent: 2001.* > 1$/, outcome: /^eth2/ }],
  ],
  [
    'led anew behind DNAT in OUTPUT',
    ['nat/dnat.md', { packet: /^sent: .* udp \d+ > 53/, outcome: /^eth2/ }],
    ['nat/hooks6.md', { packet: /^sent: .* > 53/, outcome: /^eth1/ }],
  ],
  ['route_localnet', ['routing/route-localnet.md', { host: /route_localnet: 1/ }]],
  ['rp_filter strict', ['routing/rp-filter-strict.md', { host: /rp_filter: 1/, outcome: GONE }]],
  ['rp_filter loose', ['routing/rp-filter-loose.md', { host: /rp_filter: 2/, outcome: GONE }]],
  ['rp_filter by mark', ['routing/way-back-mark.md', { host: /src_valid_mark: 1/ }]],
  [
    'martians',
    ['routing/martians.md', { packet: /127\.0\.0\.1 > /, outcome: GONE }],
    ['routing/scopes6.md', { packet: /::1 > 2001/, outcome: GONE }],
  ],
  ['accept_local', ['routing/accept-local.md', { host: /accept_local: 1/ }]],
  [
    'a host that does not forward',
    ['routing/not-forwarding.md', { packet: /192\.0\.2\.9 > 203/, outcome: GONE }],
    ['routing/not-forwarding.md', { packet: /1::9 > 2001:db8:ffff/, outcome: GONE }],
  ],
  [
    'forwarding by device',
    ['routing/forwarding-by-interface.md', { host: /ipv4\.conf\.eth0\.forwarding: 1/ }],
    ['routing/forwarding-by-interface.md', { host: /ipv6\.conf\.eth1\.force_forwarding: 1/ }],
  ],
  [
    'broadcasts',
    ['routing/broadcast-multicast.md', { packet: /255\.255\.255\.255/, outcome: /^delivered/ }],
    ['routing/directed-broadcast.md', { host: /bc_forwarding: 1/ }],
  ],
  [
    'multicast',
    ['routing/broadcast-multicast.md', { packet: /> 224\.0\.0\.1/, outcome: /^delivered/ }],
    ['routing/broadcast-multicast.md', { packet: /> ff02::1 /, outcome: /^delivered/ }],
  ],
  [
    'taken apart where the MTU is too small',
    ['routing/fragments-mtu.md', { packet: / udp 1 > 2 len 101/, outcome: /^eth1 .*, eth1/ }],
  ],
  [
    'too big',
    ['routing/mtu.md', { packet: / df .* len 1253/, outcome: GONE }],
    ['routing/mtu.md', { packet: /2001.* len 1233/, outcome: GONE }],
    ['routing/route-mtu.md', { host: / mtu 1000/ }],
  ],
  [
    'time to live',
    ['routing/ttl.md', { packet: /^eth0: 192.* > 10\S+ ttl 1 /, outcome: GONE }],
    ['routing/ttl.md', { packet: /^eth0: 2001.* > 2001:db8:2\S+ ttl 1 /, outcome: GONE }],
  ],
  ['IP options', ['routing/options-filled.md', { packet: / ipopt / }]],
  ['link-local addresses', ['routing/scopes6.md', { packet: /fe80::9 > fe80::1/, outcome: /^delivered/ }]],
];

const scenarios = new Map(readScenarios().map((scenario) => [scenario.name, scenario]));

/** The rules of a ruleset's text, with their places as outcomes have them. */
function rulesOf(text: string | undefined): { readonly rule: string; readonly place: string }[] {
  const counts = new Map<string, number>();
  let table = '';
  return (text ?? '').split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1);
    const chain = /^-A (\S+)/.exec(line)?.[1];
    if (chain === undefined) return [];
    const key = `${table} ${chain}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    return [{ rule: line, place: `${key} ${counts.get(key)}` }];
  });
}

/** Whether a packet of a family meets the rule at a place. */
function meets({ packets }: Scenario, place: string, isV6: boolean): boolean {
  const hit = new RegExp(`\\b${place}( x\\d+)?(,|$)`);
  return packets.some(({ packet, outcome }) => (packet.bytes[0]! >> 4 === 6) === isV6 && hit.test(outcome ?? ''));
}

/** What of it a scenario does not show; [] when it shows all. */
function missing(scenario: Scenario, { rule, host, packet = /./, outcome }: Shown): string[] {
  const faults: string[] = [];
  const isMet = (text: string | undefined, isV6: boolean): boolean =>
    rulesOf(text).some((one) => rule!.test(one.rule) && meets(scenario, one.place, isV6));
  if (rule && !isMet(scenario.rules, false) && !isMet(scenario.rules6, true)) faults.push(`no packet meets a rule like ${rule}`);
  if (host && !scenario.host.split('\n').some((line) => host.test(line))) faults.push(`no line of the host is like ${host}`);
  const shown = scenario.packets.filter(({ text }) => packet.test(text.replace(/\s+#.*$/, '')));
  if (!shown.some((one) => (outcome ?? /./).test(one.outcome ?? '')))
    faults.push(`no packet like ${packet} ends like ${outcome}`);
  return faults;
}

describe.each([
  ['translation', TRANSLATION],
  ['routing', ROUTING],
] as const)('%s', (_, items) => {
  test.each(items.map(([name, ...shown]) => [name, [...new Set(shown.map(([file]) => file))].join(', '), shown] as const))(
    '%s is shown by %s',
    (_name, _files, shown) => {
      const faults = shown.flatMap(([file, what]) => {
        const scenario = scenarios.get(file);
        return scenario ? missing(scenario, what).map((fault) => `${file}: ${fault}`) : [`${file} is not there`];
      });
      expect(faults).toEqual([]);
    },
  );
});
