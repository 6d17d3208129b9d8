// The files of a snapshot folder: their names, and the command that makes each on a real machine. Knows only text.

import { HELPER_MODULES } from '../net/helper.ts';

/** Parameters of xt_recent. */
const RECENT_PARAMETERS = ['ip_list_tot', 'ip_pkt_list_tot'];

export interface SnapshotFileMaker {
  readonly name: string;
  /** Shell command whose output the file is. A folder's command writes into it. */
  readonly command: string;
  /** A folder. */
  readonly isFolder?: boolean;
}

/** Prints by numbers where the tool can: names stand in files of the machine. */
function ip(words: string): string {
  return `ip -N -j ${words} 2>/dev/null || ip -j ${words}`;
}

/** A machine may have the tool for nftables by that name, and its rules in the older tables. */
function saved(family: 'ip' | 'ip6'): string {
  const legacy = `${family}tables-legacy-save`;
  return `if grep -q . /proc/net/${family}_tables_names && command -v ${legacy} >/dev/null; then ${legacy} -c; else ${family}tables-save -c; fi`;
}

/** Modules whose parameters rules and helpers go by. */
const MODULES = ['xt_recent', ...Object.keys(HELPER_MODULES)];
const PARAMETERS = [...RECENT_PARAMETERS, ...Object.values(HELPER_MODULES).flatMap((known) => Object.keys(known))];

/** What the kernel counts its ticks with, from when, and what rules depend on of it beside sysctls: YAML, as in a host file. */
const KERNEL = `jiffies=$(sed -n 's/^jiffies: *//p' /proc/timer_list 2>/dev/null | head -n 1)
now=$(date +%s.%N | sed 's/[^0-9.].*//; s/[.]$//')
hz=$({ zcat /proc/config.gz || cat "/boot/config-$(uname -r)"; } 2>/dev/null | sed -n 's/^CONFIG_HZ=//p')
west=$(python3 -c 'import ctypes; z = (ctypes.c_int * 2)(); ctypes.CDLL(None).gettimeofday(None, z); print(z[0])' 2>/dev/null)
echo "# Linux $(uname -r)"
echo 'kernel:'
if [ -n "$jiffies" ]; then echo "  jiffies: $jiffies"; echo "  time: $now"; fi
if [ -n "$hz" ]; then echo "  hz: $hz"; fi
if [ -n "$west" ]; then echo "  minuteswest: $west"; fi
echo 'modules:'
for module in ${MODULES.join(' ')}; do
  [ -d "/sys/module/$module/parameters" ] || continue
  echo "  $module:"
  for name in ${[...new Set(PARAMETERS)].join(' ')}; do
    value=$(cat "/sys/module/$module/parameters/$name" 2>/dev/null) && echo "    $name: $value"
  done
done`;

export const SNAPSHOT_FILES = [
  { name: 'addr.json', command: ip('addr') },
  { name: 'route.json', command: ip('-4 route show table all') },
  { name: 'route6.json', command: ip('-6 route show table all') },
  { name: 'rule.json', command: ip('-4 rule') },
  { name: 'rule6.json', command: ip('-6 rule') },
  { name: 'sysctl.txt', command: "sysctl -a 2>/dev/null | grep -E '^net\\.(ipv4|ipv6|netfilter|core|bridge|nf_conntrack_max)'" },
  { name: 'kernel.yaml', command: KERNEL },
  { name: 'sets.ipset', command: 'ipset save' },
  { name: 'rules.v4', command: saved('ip') },
  { name: 'rules.v6', command: saved('ip6') },
  { name: 'timeouts.txt', command: 'nfct list timeout' },
  { name: 'connlabel.conf', command: 'cat /etc/xtables/connlabel.conf' },
  { name: 'conntrack.txt', command: 'conntrack -L -f ipv4 -o labels; conntrack -L -f ipv6 -o labels' },
  {
    name: 'recent',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell fills it in
    command: 'for list in /proc/net/xt_recent/*; do if [ -e "$list" ]; then cat "$list" > "recent/${list##*/}"; fi; done',
    isFolder: true,
  },
] as const satisfies readonly SnapshotFileMaker[];

export type SnapshotFile = (typeof SNAPSHOT_FILES)[number]['name'];

/** Names of the files in it that are read. */
export const SNAPSHOT_NAMES: readonly SnapshotFile[] = SNAPSHOT_FILES.map(({ name }) => name);

const HEAD = `#!/bin/sh
# Takes a snapshot of this machine's firewall for \`hookline --host FOLDER\`: only reads, and writes into the folder.
# Run it as root:  sh snapshot.sh [FOLDER]
folder=\${1:-snapshot-$(uname -n)}
umask 077
mkdir -p "$folder" && cd "$folder" || exit 2
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
[ "$(id -u)" = 0 ] || echo 'snapshot: not root: rules, sets and connections will be missing' >&2
# What a machine has no tool for, or nothing of, is left out.
keep() { if [ -s "$1" ]; then echo "$folder/$1"; else rm -f "$1"; fi; }
`;

/** The script that takes a snapshot, for any POSIX shell. */
export function snapshotScript(): string {
  const parts = SNAPSHOT_FILES.map((file) => {
    if ('isFolder' in file)
      return `\nmkdir -p ${file.name}\n${file.command}\nrmdir ${file.name} 2>/dev/null || echo "$folder/${file.name}"\n`;
    return `\n{\n${file.command}\n} > ${file.name} 2>/dev/null\nkeep ${file.name}\n`;
  });
  return HEAD + parts.join('');
}
