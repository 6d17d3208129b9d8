// What the live-kernel suite needs of the machine, and whether it is there.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PROGRAMS = ['ip', 'nft', 'iptables-legacy-restore', 'ip6tables-legacy-restore', 'conntrack', 'nfct'];

/** Why the suite cannot run here; undefined when it can. */
export function missing(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/dev/net/tun')) return 'needs /dev/net/tun';
  if (!existsSync('/usr/bin/python3')) return 'needs /usr/bin/python3';
  const absent = PROGRAMS.filter((program) => !isInstalled(program));
  return absent.length > 0 ? `needs ${absent.join(', ')}` : undefined;
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Why iptables itself cannot be asked here; undefined when it can. */
export function whyNoIptables(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  const found = spawnSync('unshare', ['-n', 'sh', '-c', 'iptables-legacy-save -V && ip6tables-legacy-save -V'], {
    encoding: 'utf8',
  });
  if (found.status !== 0) return 'no iptables-legacy, or no network namespaces';
  return found.stdout.includes('v1.8.9') ? undefined : `iptables is ${found.stdout.trim()}, the reference is 1.8.9`;
}
