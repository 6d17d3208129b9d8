// The files of the corpus that iptables-legacy-restore refuses: the line it names, and the kind of fault that stands there.

import type { Family } from '../../src/ir/ir.ts';

export interface Refusal {
  /** The line that the live tool names; the kernel suite asks it. */
  readonly line: number;
  readonly code: string;
  /** Our first error where it stands elsewhere, and why. */
  readonly ours?: { readonly line: number; readonly why: string };
}

export const REFUSALS: Readonly<Record<string, Refusal>> = {
  'docker-pastebin-FNwfaEED.v4.rules': { line: 1, code: 'outside-table' },
  'fwbuilder-importer.v4.rules': { line: 34, code: 'unknown-target' },
  'hosting-lafibre.v4.rules': { line: 2, code: 'cr-line-end' },
  'hosting-private-root.v4.rules': { line: 23, code: 'bad-address' },
  'hosting-veroneau.v4.rules': { line: 269, code: 'bad-commit' },
  'hosting-vsrv-ufw-fail2ban.v4.rules': { line: 2, code: 'cr-line-end' },
  'libvirt-pastebin-2hux32dS.v4.rules': { line: 2, code: 'cr-line-end' },
  'mirror-ustclug.v4.rules': { line: 7, code: 'host-name' },
  'mirror-ustclug.v6.rules': { line: 7, code: 'host-name' },
  'misc-jvehent.v4.rules': { line: 56, code: 'host-name' },
  'misc-linux-gda-pl.v4.rules': { line: 5, code: 'unknown-option' },
  'misc-parser-test.v4.rules': { line: 12, code: 'unknown-option' },
  'openstack-neutron-linuxbridge.v4.rules': { line: 2, code: 'cr-line-end' },
  'openwrt-AA.v4.rules': { line: 1, code: 'outside-table' },
  'qubesos-netvm.v4.rules': { line: 1, code: 'outside-table' },
  'router-multipath.v4.rules': { line: 34, code: 'host-name' },
  'strongswan-ha-fixed.v4.rules': {
    line: 57,
    code: 'number-out-of-range',
    ours: { line: 14, why: 'the kernel refuses the whole table at COMMIT: it lacks CLUSTERIP, and would not take its node 0' },
  },
  'strongswan-ha.v4.rules': { line: 9, code: 'host-name' },
  'strongswan-mobike.v4.rules': { line: 39, code: 'host-name' },
  'strongswan-two-pools.v4.rules': { line: 27, code: 'host-name' },
  'university-tum-2013-10.v4.rules': { line: 1154, code: 'bad-mac' },
  'university-tum-2014-07.v4.rules': { line: 1443, code: 'bad-mac' },
  'university-tum-2015-05-15.v4.rules': { line: 1684, code: 'bad-mac' },
  'university-tum-2015-09.v4.rules': { line: 1794, code: 'bad-mac' },
  'university-tum-2016-03.v4.rules': { line: 1808, code: 'bad-mac' },
  'university-tum-2016-03.v6.rules': { line: 2487, code: 'bad-mac' },
  'university-tum-2016-06.v4.rules': { line: 1826, code: 'bad-mac' },
  'university-tum-2016-06.v6.rules': { line: 2486, code: 'bad-mac' },
  'university-ugent.v4.rules': { line: 71, code: 'misplaced-negation' },
  'ztunnel-offmesh-dpu.v4.rules': { line: 2, code: 'unknown-target' },
  'ztunnel-offmesh-original-fixed.v4.rules': {
    line: 39,
    code: 'unknown-target',
    ours: { line: 45, why: 'the machine has no set of that name, and which sets there are the file does not say' },
  },
  'ztunnel-offmesh-original.v4.rules': { line: 19, code: 'unexpected-word' },
};

export function familyOf(name: string): Family {
  return name.includes('.v6.') ? 6 : 4;
}
