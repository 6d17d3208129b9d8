// The files of a snapshot folder: their names, and the command that makes each on a real machine. Knows only text.

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

/** What the kernel counts its ticks with, from when, and what rules depend on of it beside sysctls: YAML, as in a host file. */
const KERNEL = `
    jiffies=$(sed -n 's/^jiffies: *//p' /proc/timer_list 2>/dev/null | head -n 1)
    now=$(date +%s.%N | sed 's/[^0-9.].*//; s/\\.$//')
    west=$(python3 -c 'import ctypes; z = (ctypes.c_int * 2)(); ctypes.CDLL(None).gettimeofday(None, z); print(z[0])' 2>/dev/null)
    echo "# Linux $(uname -r), $(zcat /proc/config.gz 2>/dev/null | cat - "/boot/config-$(uname -r)" 2>/dev/null | grep -m 1 '^CONFIG_HZ=')"
    if [ -n "$jiffies$west" ]; then echo 'kernel:'; fi
    if [ -n "$jiffies" ]; then echo "  jiffies: $jiffies"; echo "  time: $now"; fi
    if [ -n "$west" ]; then echo "  minuteswest: $west"; fi
    if [ -d /sys/module/xt_recent/parameters ]; then
      echo 'modules:'
      echo '  xt_recent:'
      for name in ip_list_tot ip_pkt_list_tot; do
        echo "    $name: $(cat /sys/module/xt_recent/parameters/$name)"
      done
    fi`;

export const SNAPSHOT_FILES = [
  { name: 'addr.json', command: ip('addr') },
  { name: 'route.json', command: ip('-4 route show table all') },
  { name: 'route6.json', command: ip('-6 route show table all') },
  { name: 'rule.json', command: ip('-4 rule') },
  { name: 'rule6.json', command: ip('-6 rule') },
  { name: 'sysctl.txt', command: "sysctl -a 2>/dev/null | grep -E '^net\\.(ipv4|ipv6|netfilter|core|bridge|nf_conntrack_max)'" },
  { name: 'kernel.yaml', command: `{${KERNEL}\n  }` },
  { name: 'sets.ipset', command: 'ipset save' },
  { name: 'rules.v4', command: 'iptables-save -c' },
  { name: 'rules.v6', command: 'ip6tables-save -c' },
  { name: 'timeouts.txt', command: 'nfct list timeout' },
  { name: 'conntrack.txt', command: '{ conntrack -L -f ipv4; conntrack -L -f ipv6; }' },
  {
    name: 'recent',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell fills it in
    command: 'for list in /proc/net/xt_recent/*; do [ -e "$list" ] && cat "$list" > "recent/${list##*/}"; done',
    isFolder: true,
  },
] as const satisfies readonly SnapshotFileMaker[];

export type SnapshotFile = (typeof SNAPSHOT_FILES)[number]['name'];

/** Names of the files in it that are read. */
export const SNAPSHOT_NAMES: readonly SnapshotFile[] = SNAPSHOT_FILES.map(({ name }) => name);
