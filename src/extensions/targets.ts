// The list of target extensions.

import type { TargetExtension } from '../ruleset/extension.ts';
import { audit } from './audit.ts';
import { checksum } from './checksum.ts';
import { classify } from './classify.ts';
import { clusterip } from './clusterip.ts';
import { connsecmark } from './connsecmark.ts';
import { ct } from './ct.ts';
import { dnat } from './dnat.ts';
import { dnpt } from './dnpt.ts';
import { hmark } from './hmark.ts';
import { idletimer } from './idletimer.ts';
import { led } from './led.ts';
import { log } from './log.ts';
import { masquerade } from './masquerade.ts';
import { netmap } from './netmap.ts';
import { nflog } from './nflog.ts';
import { nfqueue } from './nfqueue.ts';
import { notrack } from './notrack.ts';
import { redirect } from './redirect.ts';
import { reject } from './reject.ts';
import { secmark } from './secmark.ts';
import { setConnmark } from './set-connmark.ts';
import { setDscp } from './set-dscp.ts';
import { setEcn } from './set-ecn.ts';
import { setHl } from './set-hl.ts';
import { setMark } from './set-mark.ts';
import { setRateest } from './set-rateest.ts';
import { setSet } from './set-set.ts';
import { setTcpmss } from './set-tcpmss.ts';
import { setTos } from './set-tos.ts';
import { setTtl } from './set-ttl.ts';
import { snat } from './snat.ts';
import { snpt } from './snpt.ts';
import { synproxy } from './synproxy.ts';
import { tcpoptstrip } from './tcpoptstrip.ts';
import { tee } from './tee.ts';
import { tproxy } from './tproxy.ts';
import { trace } from './trace.ts';
import { ulog } from './ulog.ts';

export const TARGET_LIST: readonly TargetExtension[] = [
  audit,
  checksum,
  classify,
  clusterip,
  connsecmark,
  ct,
  dnat,
  dnpt,
  hmark,
  idletimer,
  led,
  log,
  masquerade,
  netmap,
  nflog,
  nfqueue,
  notrack,
  redirect,
  reject,
  secmark,
  setConnmark,
  setDscp,
  setEcn,
  setHl,
  setMark,
  setRateest,
  setSet,
  setTcpmss,
  setTos,
  setTtl,
  snat,
  snpt,
  synproxy,
  tcpoptstrip,
  tee,
  tproxy,
  trace,
  ulog,
];
