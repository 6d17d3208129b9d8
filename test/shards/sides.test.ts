import { expect, test } from 'vitest';
import { SIDES_COUNT4, SIDES_FLAGS, SIDES_HEADER_BYTES, SIDES_RANGE4_BYTES, SIDES_TOGETHER } from '../../assembly/abi/shard.ts';
import { parseIpv4 } from '../../src/net/address.ts';
import { numberOf } from '../../src/shards/ranges.ts';
import { planSides, type SidesPlan } from '../../src/shards/sides.ts';
import { loadTexts } from '../support/replay.ts';

const HOST = `interfaces:
  eth0: { addresses: [192.0.2.1/24, "2001:db8:1::1/64"] }
  eth1: { addresses: [10.0.0.1/24, "2001:db8:2::1/64"] }
  eth2: { addresses: [172.16.0.1/16] }
routes: ["default via 192.0.2.254 dev eth0", "10.9.0.0/16 via 10.0.0.254 dev eth1", "10.9.9.0/24 via 192.0.2.9 dev eth0"]
`;
const NO_DEFAULT = 'interfaces: { eth0: { addresses: [192.0.2.1/24] }, eth1: { addresses: [10.0.0.1/24] } }\n';

const nat = (...rules: string[]): string => {
  const chains = rules.flatMap((rule) => (/^-A ([a-z]\S*)/.test(rule) ? [`:${rule.split(' ')[1]} - [0:0]`] : []));
  const base = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map((name) => `:${name} ACCEPT [0:0]`);
  return ['*nat', ...base, ...new Set(chains), ...rules, 'COMMIT', ''].join('\n');
};

function planned(host: string, ...rules: string[]): SidesPlan {
  const loaded = loadTexts({ host, rules: nat(...rules) });
  return planSides(
    loaded.host,
    loaded.rulesets.map(({ ruleset }) => ruleset),
  );
}

/** Which of the IPv4 addresses are inside. */
function inside({ sides }: SidesPlan, ...addresses: string[]): string[] {
  const view = new DataView(sides!.image.buffer);
  const bounds = (at: number): number => view.getUint32(SIDES_HEADER_BYTES + at, true);
  const ranges = Array.from({ length: view.getUint32(SIDES_COUNT4, true) }, (_, i) => i * SIDES_RANGE4_BYTES);
  return addresses.filter((text) => {
    const address = Number(numberOf(parseIpv4(text)!, 8));
    return ranges.some((at) => address >= bounds(at) && address <= bounds(at + 4));
  });
}

const isTogether = ({ sides }: SidesPlan): boolean => {
  return (new DataView(sides!.image.buffer).getUint32(SIDES_FLAGS, true) & SIDES_TOGETHER) !== 0;
};

const MASQUERADE = '-A POSTROUTING -o eth0 -j MASQUERADE';

test('outside is what lies behind the default route, but for what is ours', () => {
  const plan = planned(HOST, MASQUERADE);
  expect(plan.causes).toEqual([]);
  expect(plan.sides!.outside).toEqual(['eth0']);
  const ours = ['192.0.2.1', '10.0.0.1', '10.0.0.7', '10.9.1.1', '172.16.5.5', '127.0.0.1'];
  expect(inside(plan, ...ours, '192.0.2.9', '10.9.9.9', '198.51.100.1', '10.8.0.1')).toEqual(ours);
  expect(isTogether(plan)).toBe(false);
});

test('what rules give, what they take away, and whom they hide are inside', () => {
  const plan = planned(
    HOST,
    '-A PREROUTING -i eth0 -d 192.0.2.80/30 -p tcp -j DNAT --to-destination 203.0.113.5-203.0.113.9',
    '-A POSTROUTING -s 100.64.0.0/10 -o eth0 -j SNAT --to-source 192.0.2.77',
  );
  expect(plan.causes).toEqual([]);
  const ours = ['192.0.2.80', '192.0.2.83', '203.0.113.5', '203.0.113.9', '100.64.1.1', '192.0.2.77'];
  expect(inside(plan, ...ours, '192.0.2.84', '203.0.113.10', '100.63.0.1')).toEqual(ours);
});

test('where no route leads outside, the interfaces that rules name do, or the rules alone tell', () => {
  const named = planned(NO_DEFAULT, MASQUERADE);
  expect(named.sides!.outside).toEqual(['eth0']);
  expect(inside(named, '10.0.0.7', '192.0.2.9')).toEqual(['10.0.0.7']);
  const bare = planned(NO_DEFAULT, '-A POSTROUTING -s 10.0.0.0/28 -j MASQUERADE');
  expect(bare.sides!.outside).toEqual([]);
  expect(inside(bare, '10.0.0.7', '10.0.0.77', '192.0.2.1')).toEqual(['10.0.0.7', '192.0.2.1']);
});

test('what passes between two that are inside has one shard where a rule may translate it', () => {
  expect(isTogether(planned(HOST, MASQUERADE, '-A PREROUTING -i eth0 -p tcp -j DNAT --to-destination 10.0.0.7'))).toBe(false);
  expect(isTogether(planned(HOST, '-A PREROUTING -d 192.0.2.1 -p tcp -j DNAT --to-destination 10.0.0.7'))).toBe(true);
  expect(isTogether(planned(HOST, '-A POSTROUTING -s 10.0.0.0/24 -d 10.0.0.7 -j SNAT --to-source 10.0.0.1'))).toBe(true);
  expect(isTogether(planned(HOST, '-A POSTROUTING -s 10.0.0.0/24 ! -o eth1 -j MASQUERADE'))).toBe(true);
});

test('containers, virtual machines and load balancers leave several shards', () => {
  const docker = planned(
    HOST,
    '-A PREROUTING -m addrtype --dst-type LOCAL -j published',
    '-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j published',
    '-A POSTROUTING -s 172.16.0.0/16 ! -o eth2 -j MASQUERADE',
    '-A POSTROUTING -s 172.16.0.2/32 -d 172.16.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE',
    '-A published ! -i eth2 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.16.0.2:80',
  );
  expect(docker.causes).toEqual([]);
  const machines = planned(HOST, '-A POSTROUTING -s 172.16.0.0/16 ! -d 172.16.0.0/16 -p tcp -j MASQUERADE --to-ports 1024-65535');
  expect(machines.causes).toEqual([]);
  expect(planned(HOST, '-A PREROUTING -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 80').causes).toEqual([]);
  expect(planned(HOST, `${MASQUERADE} --random`).causes).toEqual([]);
  expect(planned(HOST, '-A POSTROUTING -o eth0 -j SNAT --to-source 192.0.2.70-192.0.2.79 --persistent').causes).toEqual([]);
});

test.each([
  ['-A POSTROUTING -o eth0 -j SNAT --to-source 192.0.2.70-192.0.2.79', /several addresses/],
  ['-A POSTROUTING -o eth1 -j MASQUERADE', /sources of packets to the inside/],
  ['-A INPUT -j SNAT --to-source 10.0.0.1', /sources of packets to this host/],
  ['-A OUTPUT -p tcp -m tcp --dport 25 -j DNAT --to-destination 10.0.0.7', /destinations of what this host sends/],
  ['-A PREROUTING -i eth1 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 3128', /destinations of packets from the inside/],
])('%s leaves one shard', (rule, reason) => {
  const { causes } = planned(HOST, rule);
  expect(causes).toHaveLength(1);
  expect(causes[0]).toMatchObject({ title: expect.stringMatching(/^target [A-Z]+$/), reason: expect.stringMatching(reason) });
});

test('a cluster of services leaves one shard, for the sake of the rule that masquerades whatever is marked', () => {
  const { causes } = planned(
    HOST,
    '-A PREROUTING -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j service',
    '-A PREROUTING -m addrtype --dst-type LOCAL -p tcp -m tcp --dport 30080 -j service',
    '-A OUTPUT -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j service',
    '-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE --random-fully',
    '-A service -p tcp -j DNAT --to-destination 10.0.0.7:6443',
  );
  expect(causes.map(({ title, reason }) => `${title} ${reason}`)).toEqual([
    'target MASQUERADE changes sources of packets that may come from outside, whose destinations other rules change',
  ]);
});

test('prefixes that are put in place of each other packet by packet are inside, both', () => {
  const prefixes = '--src-pfx 2001:db8:2::/64 --dst-pfx 2001:db8:77::/64';
  const mangle = `*mangle\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j SNPT ${prefixes}\nCOMMIT\n`;
  const { host, rulesets } = loadTexts({ host: HOST, rules6: mangle });
  const { sides, causes } = planSides(
    host,
    rulesets.map(({ ruleset }) => ruleset),
  );
  expect(causes).toEqual([]);
  const words = [...new Uint32Array(sides!.image.buffer)].map((word) => word.toString(16));
  expect(words.join(' ')).toMatch(/20010db8 770000 0 0 20010db8 770000 ffffffff ffffffff/);
  expect(words.join(' ')).toMatch(/20010db8 20000 0 0 20010db8 20000 ffffffff ffffffff/);
  // Without a host nothing is forwarded.
  const bare = loadTexts({ rules6: mangle });
  expect(planSides(bare.host, [bare.rulesets[0]!.ruleset])).toEqual({ causes: [] });
});

test('a rule that several ways lead to is named once; without a host the first rule is', () => {
  const loop = ['-A PREROUTING -i eth1 -j a', '-A PREROUTING -i eth1 -j b', '-A a -p tcp -j c', '-A b -p udp -j c'];
  expect(planned(HOST, ...loop, '-A c -j DNAT --to-destination 10.0.0.7').causes).toHaveLength(1);
  const { rulesets, host } = loadTexts({ rules: nat(MASQUERADE) });
  const { sides, causes } = planSides(
    host,
    rulesets.map(({ ruleset }) => ruleset),
  );
  expect(sides).toBeUndefined();
  expect(causes).toMatchObject([{ reason: expect.stringMatching(/without a host/) }]);
});
