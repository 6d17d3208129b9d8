import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { record, recordLines } from './recording.ts';

test('every spelling of the tools is a stand-in, with what each would print and return', async () => {
  const { stdout, files } = await recordLines(
    'iptables-nft -N a; iptables-legacy -N a; echo $?',
    'ip6tables-legacy -P INPUT DROP; ip6tables-nft-save | grep ^:INPUT',
    'printf "*raw\\n:x - [0:0]\\nCOMMIT\\n" | iptables-nft-restore; iptables-legacy-save -t raw | grep :x',
    'sudo iptables -X a && iptables -S; iptables -V',
  );
  expect(stdout).toBe(
    '1\n:INPUT DROP [0:0]\n:x - [0:0]\n-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\niptables v1.8.9 (legacy)\n',
  );
  expect(Object.keys(files)).toEqual(['rules.v4', 'rules.v6']);
});

test('words reach the recorder as they are', async () => {
  const { files } = await recordLines(
    "iptables -A INPUT -m comment --comment \"it's  a 'quote' \\$HOME *\" -j ACCEPT",
    "iptables -A INPUT -m comment --comment 'ünï' -m comment --comment '' ! -s 10.0.0.1",
  );
  expect(files['rules.v4']).toContain(`--comment "it\\'s  a \\'quote\\' $HOME *" -j ACCEPT\n`);
  expect(files['rules.v4']).toContain(`-A INPUT ! -s 10.0.0.1/32 -m comment --comment "ünï" -m comment --comment ""\n`);
});

test('the exit code of the command is passed on, and what it did until then is written', async () => {
  const { code, files, stderr } = await recordLines('iptables -P INPUT DROP', 'exit 7');
  expect([code, files['rules.v4']?.split('\n')[1]]).toEqual([7, ':INPUT DROP [0:0]']);
  expect(stderr).toBe('hookline: recorded 1 call: rules.v4 in DIR; nothing on this machine was changed by it\n');
  expect((await recordLines('kill -TERM $$')).code).toBe(143);
  expect(await record(['no-such-program'])).toMatchObject({ code: 127 });
});

test('many calls at the same time are answered one after the other', async () => {
  const { files } = await recordLines(
    'iptables -N a; for i in 1 2 3 4 5 6 7 8 9; do (for j in 1 2 3; do iptables -A a -s 10.$i.$j.0/24; done) & done; wait',
  );
  const rules = files['rules.v4']!.split('\n').filter((line) => line.startsWith('-A') || line.includes('-A a'));
  expect(rules).toHaveLength(27);
});

test('restoring goes table by table up to the line that is refused', async () => {
  const restore = (options: string, ...lines: string[]): string =>
    `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} | iptables-restore ${options}; echo $?`;
  const { stdout, stderr, files } = await recordLines(
    restore('', '*filter', '-A INPUT -j ACCEPT', 'COMMIT', '*nat', '-A PREROUTING -j nope', 'COMMIT'),
    restore('-n', '*filter', ':a - [0:0]', '-A INPUT -j a', 'COMMIT'),
    restore('--noflush --counters', '*filter', ':a - [0:0]', '[3:4] -A a -j DROP', 'COMMIT'),
    restore('--noflush', '*filter', '-I INPUT -j a', '-I a -j a', 'COMMIT'),
    restore('-t', '*filter', '-F', 'COMMIT'),
    restore('-T mangle', '*filter', '-F', 'COMMIT', '*mangle', '-P INPUT DROP', 'COMMIT'),
    restore('', '*filter', '-X a', 'COMMIT'),
    restore('', '*filter'),
    restore('--what'),
  );
  expect(stdout).toBe('2\n0\n0\n1\n0\n0\n1\n1\n1\n');
  expect(stderr).toContain('Error occurred at line: 5\n');
  expect(stderr).toContain('iptables-restore: line 4 failed\n');
  expect(stderr).toContain('iptables-restore: line 2 failed\n');
  expect(stderr).toContain('iptables-restore: COMMIT expected at line 2\n');
  expect(files['rules.v4']).toContain('[0:0] -A INPUT -j ACCEPT\n[0:0] -A INPUT -j a\n[3:4] -A a -j DROP\nCOMMIT\n');
  expect(files['rules.v4']).toContain('*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT DROP [0:0]\n');
});

test('addresses, links, routes and rules are written down, and shown as ip shows them', async () => {
  const { stdout, stderr, files } = await recordLines(
    'ip addr add 10.0.0.1/24 brd + dev eth0 && ip a add 2001:db8::1/64 dev eth0; ip addr add 10.0.0.1/24 dev eth0; echo $?',
    'ip link set dev eth0 up mtu 1400; ip link add br0 type bridge; ip link show nope; echo $?',
    'ip route add 10.9.0.0/16 via 10.0.0.254; ip route replace default via 10.0.0.2 dev eth0; ip r add default via 10.0.0.3; echo $?',
    'ip route del 10.8.0.0/16; echo $?; ip -6 route add default via fe80::1 dev eth0; ip route add 10.7.0.0/16 dev eth0 table 7; ip route',
    'ip rule add fwmark 1 table 7; ip rule add from 10.0.0.0/8 lookup 7 pref 9; ip rule del pref 9; ip rule del pref 8; echo $?; ip rule',
    'ip -4 -o addr show eth0; ip -6 addr show dev eth0 | grep inet6; ip tunnel add x mode gre',
    'printf "addr add 10.1.0.1/24 dev eth1\\nlink set eth1 down\\n" | ip -batch -',
  );
  expect(stdout).toBe(`2
1
2
2
10.9.0.0/16 via 10.0.0.254 
default via 10.0.0.2 dev eth0 
2
0:	from all lookup local
32765:	from all fwmark 0x1 lookup 7
32766:	from all lookup main
32767:	from all lookup default
2: eth0    inet 10.0.0.1/24 brd + scope global eth0\\       valid_lft forever preferred_lft forever
    inet6 2001:db8::1/64 scope global
`);
  expect(stderr).toContain('RTNETLINK answers: File exists\n');
  expect(stderr).toContain('not in the host file: what was done by ip tunnel\n');
  expect(files['host.yaml']).toBe(`interfaces:
  "eth0": { addresses: ["10.0.0.1/24 brd +","2001:db8::1/64"], mtu: 1400 }
  "br0": { up: false }
  "eth1": { addresses: ["10.1.0.1/24"], up: false }
routes:
  - "10.9.0.0/16 via 10.0.0.254"
  - "default via 10.0.0.2 dev eth0"
  - "10.7.0.0/16 dev eth0 table 7"
rules:
  - "from all fwmark 0x1 lookup 7 pref 32765"
routes6:
  - "default via fe80::1 dev eth0"
`);
});

test('settings are written down, and read from there', async () => {
  const { stdout, files } = await recordLines(
    'sysctl -w net.ipv4.ip_forward=1; sysctl -q net/ipv4/conf/eth0.1/rp_filter=2; sysctl -n net.ipv4.ip_forward',
    'printf "# x\\nnet.ipv4.conf.all.log_martians = 1\\n" | sysctl -p -; sysctl no.such.setting 2>/dev/null; echo $?',
  );
  expect(stdout).toBe('net.ipv4.ip_forward = 1\n1\nnet.ipv4.conf.all.log_martians = 1\n1\n');
  expect(files['host.yaml']).toBe(
    'sysctl:\n  "net.ipv4.ip_forward": "1"\n  "net.ipv4.conf.eth0/1.rp_filter": "2"\n  "net.ipv4.conf.all.log_martians": "1"\n',
  );
});

test('tools that cannot be recorded are refused, those that do not matter do nothing', async () => {
  const { stdout, stderr } = await recordLines('nft list ruleset; echo $?; modprobe nf_nat; echo $?');
  expect(stdout).toBe('1\n0\n');
  expect(stderr).toContain('hookline record: nft cannot be recorded\n');
});

test('nothing is left behind', async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('hookline-record-'));
  await recordLines('iptables -F');
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('hookline-record-'))).toEqual(before);
});

test('without a command or a folder the usage is shown', async () => {
  expect(await record([])).toMatchObject({ code: 2 });
});
