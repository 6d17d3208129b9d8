// The list of extensions. One more extension: one file in this folder, one import and one name here (targets: in targets.ts).
//
// Each file says which options an extension takes, checks them, prints them as iptables-save does, and says what they mean (IR).

import type { Family } from '../ir/ir.ts';
import type { Extension, ExtensionRegistry, MatchExtension, TargetExtension } from '../ruleset/extension.ts';
import { addrtype } from './addrtype.ts';
import { ah, ah6 } from './ah.ts';
import { bpf } from './bpf.ts';
import { cgroup } from './cgroup.ts';
import { cluster } from './cluster.ts';
import { comment } from './comment.ts';
import { connbytes } from './connbytes.ts';
import { connlabel } from './connlabel.ts';
import { connlimit } from './connlimit.ts';
import { connmark } from './connmark.ts';
import { conntrack } from './conntrack.ts';
import { cpu } from './cpu.ts';
import { dccp } from './dccp.ts';
import { devgroup } from './devgroup.ts';
import { dscp } from './dscp.ts';
import { dst } from './dst.ts';
import { ecn } from './ecn.ts';
import { esp } from './esp.ts';
import { eui64 } from './eui64.ts';
import { frag } from './frag.ts';
import { hashlimit } from './hashlimit.ts';
import { hbh } from './hbh.ts';
import { helper } from './helper.ts';
import { hl } from './hl.ts';
import { icmp } from './icmp.ts';
import { icmp6 } from './icmp6.ts';
import { ipcomp } from './ipcomp.ts';
import { iprange } from './iprange.ts';
import { ipv6header } from './ipv6header.ts';
import { ipvs } from './ipvs.ts';
import { isKnown } from './known.ts';
import { length } from './length.ts';
import { limit } from './limit.ts';
import { mac } from './mac.ts';
import { mark } from './mark.ts';
import { mh } from './mh.ts';
import { multiport } from './multiport.ts';
import { nfacct } from './nfacct.ts';
import { osf } from './osf.ts';
import { owner } from './owner.ts';
import { physdev } from './physdev.ts';
import { pkttype } from './pkttype.ts';
import { policy } from './policy.ts';
import { quota } from './quota.ts';
import { rateest } from './rateest.ts';
import { realm } from './realm.ts';
import { recent } from './recent.ts';
import { rpfilter } from './rpfilter.ts';
import { rt } from './rt.ts';
import { sctp } from './sctp.ts';
import { set } from './set.ts';
import { socket } from './socket.ts';
import { srh } from './srh.ts';
import { state } from './state.ts';
import { statistic } from './statistic.ts';
import { string } from './string.ts';
import { TARGET_LIST } from './targets.ts';
import { tcp } from './tcp.ts';
import { tcpmss } from './tcpmss.ts';
import { time } from './time.ts';
import { tos } from './tos.ts';
import { ttl } from './ttl.ts';
import { u32 } from './u32.ts';
import { udp } from './udp.ts';

const LIST: readonly Extension[] = [
  tcp,
  udp,
  sctp,
  icmp,
  icmp6,
  multiport,
  iprange,
  conntrack,
  state,
  mark,
  connmark,
  length,
  ttl,
  hl,
  tos,
  dscp,
  addrtype,
  pkttype,
  comment,
  limit,
  hashlimit,
  connlimit,
  recent,
  mac,
  owner,
  physdev,
  set,
  policy,
  string,
  rpfilter,
  time,
  statistic,
  rt,
  ah,
  ah6,
  bpf,
  cgroup,
  cluster,
  connbytes,
  connlabel,
  cpu,
  dccp,
  devgroup,
  dst,
  ecn,
  esp,
  eui64,
  frag,
  hbh,
  helper,
  ipcomp,
  ipv6header,
  ipvs,
  mh,
  nfacct,
  osf,
  quota,
  rateest,
  realm,
  socket,
  srh,
  tcpmss,
  u32,
  ...TARGET_LIST,
];

function index<E extends Extension>(kind: E['kind'], family: Family): ReadonlyMap<string, E> {
  const names = new Map<string, E>();
  for (const extension of LIST) {
    if (extension.kind !== kind || !extension.families.includes(family)) continue;
    for (const name of [extension.name, ...(extension.aliases ?? [])]) names.set(name, extension as E);
  }
  return names;
}

const MATCHES = { 4: index<MatchExtension>('match', 4), 6: index<MatchExtension>('match', 6) };
const TARGETS = { 4: index<TargetExtension>('target', 4), 6: index<TargetExtension>('target', 6) };

/** Every extension there is, by kind, name and family. */
export const extensions: ExtensionRegistry = {
  match: (name, family) => MATCHES[family].get(name),
  target: (name, family) => TARGETS[family].get(name),
  names: (kind, family) => [...(kind === 'match' ? MATCHES : TARGETS)[family].keys()],
  isKnown,
};
