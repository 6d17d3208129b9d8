import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runHookline } from '../support/hookline.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const filter = (...rules: string[]): string =>
  ['*filter', ':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', ...rules, 'COMMIT', ''].join('\n');
writeFileSync(join(folder, 'plain'), filter('-A INPUT -p tcp -j ACCEPT'));
writeFileSync(join(folder, 'stateful'), filter('-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT'));
writeFileSync(
  join(folder, 'limits'),
  filter('-A INPUT -p tcp -j ACCEPT', '-A INPUT -m limit --limit 1/sec -j ACCEPT', '-A FORWARD -m recent --set --name x'),
);

const raw = (rule: string): string => ['*raw', ':PREROUTING ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]', rule, 'COMMIT', ''].join('\n');
writeFileSync(join(folder, 'irc'), raw('-A PREROUTING -p tcp -m tcp --dport 6667 -j CT --helper irc'));
writeFileSync(join(folder, 'ftp'), raw('-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp'));

const plan = (rules: string, ...words: string[]) =>
  runHookline(folder, ['replay', '--plan', '--workers', '4', '--rules', rules, ...words]);

test('the plan of a stateful ruleset has several shards, and says when batches go in order', async () => {
  const { code, stdout } = await plan('stateful');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^shards: 16$/m);
  expect(stdout).toMatch(/^key: the two addresses/m);
  expect(stdout).toMatch(/^workers: 4$/m);
  expect(stdout).toMatch(/^a batch in input order: .*nf_conntrack_max/m);
  expect(stdout).toMatch(/^connections: up to 262,144, \d+ bytes each/m);
  expect(stdout).not.toMatch(/^cause/m);
});

test('a ruleset that asks nothing about connections tracks none', async () => {
  const { stdout } = await plan('plain');
  expect(stdout).toMatch(/^connections: not tracked/m);
});

test('every rule that leaves one shard is named with its place', async () => {
  const { stdout } = await plan('limits');
  expect(stdout).toMatch(/^shards: 1$/m);
  expect(stdout).toMatch(/^workers: 4, of which 1 worker can be busy/m);
  expect(stdout).toMatch(/^cause: match "limit" at limits:6:13 /m);
  expect(stdout).toMatch(/^cause: match "recent" at limits:7:15 /m);
});

test('a helper that expects others of other addresses leaves one shard; one that stays with its two addresses does not', async () => {
  const one = await plan('irc');
  expect(one.stdout).toMatch(
    /^cause: target CT at irc:4:\d+ gives connections helper "irc", which expects others of other addresses$/m,
  );
  expect((await plan('ftp')).stdout).toMatch(/^shards: 16$/m);
  writeFileSync(
    join(folder, 'loose.yaml'),
    'interfaces: { eth0: { addresses: [192.0.2.1/24] } }\nmodules: { nf_conntrack_ftp: { loose: Y } }\n',
  );
  expect((await plan('ftp', '--host', 'loose.yaml')).stdout).toMatch(/^cause: target CT at ftp:4:\d+ gives .* "ftp"/m);
});

test('helpers that the kernel gives by port leave one shard, and so does a small number of expectations', async () => {
  const host = (sysctl: string) =>
    writeFileSync(
      join(folder, 'host.yaml'),
      `interfaces: { eth0: { addresses: [192.0.2.1/24] } }\nsysctl: { net.netfilter.${sysctl} }\n`,
    );
  host('nf_conntrack_helper: 1');
  const { stdout } = await plan('stateful', '--host', 'host.yaml');
  expect(stdout).toMatch(
    /^cause: net.netfilter.nf_conntrack_helper gives connections helpers .*\(irc, sip, netbios-ns, snmp, RAS, Q.931\)$/m,
  );
  expect((await plan('plain', '--host', 'host.yaml')).stdout).toMatch(/^shards: 16$/m);
  host('nf_conntrack_expect_max: 2');
  expect((await plan('stateful', '--host', 'host.yaml')).stdout).toMatch(/^shards: 16$/m);
  expect((await plan('ftp', '--host', 'host.yaml')).stdout).toMatch(
    /^cause: net.netfilter.nf_conntrack_expect_max lets all connections expect 2/m,
  );
});

test('the plan is an object for programs', async () => {
  const { stdout } = await plan('limits', '--format', 'json');
  const { shards, key, causes } = JSON.parse(stdout);
  expect({ shards, key }).toEqual({ shards: 1, key: null });
  expect(causes[0]).toEqual({
    title: 'match "limit"',
    reason: 'keeps what packets of several connections change',
    source: 'limits',
    line: 6,
    column: 13,
  });
});

test('without a capture there is only a plan to ask for', async () => {
  const { code, stderr } = await runHookline(folder, ['replay', '--rules', 'plain']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/missing required argument 'capture'/);
});

test('a host that redirects others has one shard where it could not start over, or with the answers nothing of it', async () => {
  const sysctl = 'sysctl: { net.ipv4.ip_forward: 1 }';
  writeFileSync(join(folder, 'router.yaml'), `interfaces: { eth0: { addresses: [192.0.2.1/24] } }\n${sysctl}\n`);
  const { stdout } = await plan('plain', '--host', 'router.yaml');
  expect(stdout).toMatch(/^shards: 16$/m);
  expect(stdout).toMatch(/^once more with one shard: where a host is told of a better gateway$/m);
  expect(stdout).toMatch(/^once more with one shard: where a host is told that a packet of its has no way$/m);
  expect(stdout).not.toMatch(/icmp/);
  const once = await plan('plain', '--host', 'router.yaml', '-');
  expect(once.stdout).toMatch(/^shards: 1$/m);
  expect(once.stdout).toMatch(/^cause: redirects may have a replay start over, and not all captures can be read again$/m);
  const silent = await plan('plain', '--host', 'router.yaml', '--no-answer', '-');
  expect(silent.stdout).toMatch(/^shards: 16$/m);
  expect(silent.stdout).not.toMatch(/^(cause|once)/m);
});

test('limits of errors that are given have a replay start over where they are asked', async () => {
  const host = 'interfaces: { eth0: { addresses: [192.0.2.1/24] } }\n';
  writeFileSync(join(folder, 'limited.yaml'), `${host}sysctl: { net.ipv4.icmp_ratelimit: 1000, net.ipv4.icmp_msgs_burst: 50 }\n`);
  const { stdout } = await plan('plain', '--host', 'limited.yaml');
  expect(stdout).toMatch(/^shards: 16$/m);
  expect(stdout).toMatch(/^once more with one shard: where an ICMP message is sent that net\.ipv4\.icmp_ratelimit is about$/m);
  expect(stdout).toMatch(/^once more with one shard: where an ICMP message is sent that net\.ipv4\.icmp_msgs_per_sec is about$/m);
  const once = await plan('plain', '--host', 'limited.yaml', '--format', 'json', '-');
  expect(JSON.parse(once.stdout)).toMatchObject({
    shards: 1,
    causes: [{ title: 'net.ipv4.icmp_ratelimit' }, { title: 'net.ipv4.icmp_msgs_per_sec' }],
  });
  writeFileSync(join(folder, 'limited.yaml'), `${host}sysctl: { net.ipv6.icmp.ratemask: 1-256 }\n`);
  const bad = await plan('plain', '--host', 'limited.yaml');
  expect(bad.code).not.toBe(0);
  expect(bad.stderr).toMatch(/net\.ipv6\.icmp\.ratemask is a list of numbers from 0 to 255, not "1-256"/);
});
