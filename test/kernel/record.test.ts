// The scripts of test/record in a network namespace with the live tools: they print, return and make what is committed as recorded.
// And `hookline record` itself in one: it leaves everything as it was. Needs root, iptables-legacy, ipset and network namespaces.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EXPECTED, plain, readFiles, SCRIPTS, SHELLS } from '../record/recording.ts';
import { HOOKLINE } from '../support/hookline.ts';
import { whyNoIptables } from './requirements.ts';

const folder = mkdtempSync(join(tmpdir(), 'hookline-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LINKS = 'for link in eth0 eth1 eth2; do ip tuntap add $link mode tun; done';

/** Names under which scripts call the tools, for the tools that are compared with. */
function linkTools(): void {
  const path = execFileSync('sh', ['-c', 'readlink -f $(command -v iptables-legacy)'], { encoding: 'utf8' }).trim();
  for (const tool of ['iptables', 'ip6tables']) {
    for (const part of ['', '-save', '-restore']) symlinkSync(path, join(folder, tool + part));
  }
}

/** Runs lines in a network namespace where the tools are live. */
function live(lines: string) {
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, OUT: folder, HOOKLINE };
  return spawnSync('unshare', ['-n', 'sh', '-c', lines], { cwd: SCRIPTS, env, encoding: 'utf8' });
}

/** Everything that a firewall script may change. */
const STATE =
  'iptables-save -c | grep -v "^#"; ip6tables-save -c | grep -v "^#"; ipset save; ip addr; ip route show table all; ip rule; sysctl net.ipv4.ip_forward';

const reason = whyNoIptables();

describe.skipIf(reason)(`scripts do what was recorded of them${reason ? ` (skipped: ${reason})` : ''}`, () => {
  if (!reason) linkTools();

  test.each(Object.entries(SHELLS))('%s.sh', (name, shell) => {
    const { stdout } = live(
      `${LINKS}; ${shell} ${name}.sh 2>/dev/null >$OUT/stdout; echo $? >$OUT/status; iptables-save -c; echo; ip6tables-save -c`,
    );
    const [rules4, rules6] = stdout.split('\n\n') as [string, string];
    const expected = readFiles(`${EXPECTED}${name}`);
    const made = {
      stdout: readFileSync(join(folder, 'stdout'), 'utf8'),
      status: readFileSync(join(folder, 'status'), 'utf8'),
      'rules.v4': plain(`${rules4}\n`),
      'rules.v6': plain(rules6),
    };
    expect(made).toEqual({
      stdout: expected.stdout,
      status: expected.status,
      'rules.v4': expected['rules.v4'],
      'rules.v6': expected['rules.v6'] ?? '',
    });
  });

  test('recording leaves rules, sets, addresses, routes and settings as they were', () => {
    const setup = `${LINKS}; iptables -P INPUT DROP; ip6tables -N mine; ipset create mine hash:ip; ip addr add 10.0.0.9/24 dev eth1`;
    const script = [
      '. ./router.sh >/dev/null; . ./limits.sh >/dev/null',
      // Past the stand-ins.
      `${folder}/iptables -A INPUT -j ACCEPT; PATH=${folder}:$PATH; ip6tables -X; iptables -F; ip6tables -A INPUT -j DROP`,
      'echo 1 >/proc/sys/net/ipv4/ip_forward',
    ].join('\n');
    const record = `node "$HOOKLINE" record -o $OUT/record -- sh -c '${script}' 2>$OUT/stderr`;
    const { stdout } = live(`${setup}; (${STATE}) >$OUT/before; ${record}; echo $?; (${STATE}) >$OUT/after`);
    expect(stdout).toBe('0\n');
    expect(readFileSync(join(folder, 'after'), 'utf8')).toBe(readFileSync(join(folder, 'before'), 'utf8'));
    expect(readFileSync(join(folder, 'stderr'), 'utf8')).toContain('called iptables by its path, past the stand-ins');
  });
});
