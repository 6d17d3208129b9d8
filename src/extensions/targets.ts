// The list of target extensions.

import type { TargetExtension } from '../ruleset/extension.ts';
import { ct } from './ct.ts';
import { dnat } from './dnat.ts';
import { dnpt } from './dnpt.ts';
import { log } from './log.ts';
import { masquerade } from './masquerade.ts';
import { netmap } from './netmap.ts';
import { nflog } from './nflog.ts';
import { notrack } from './notrack.ts';
import { redirect } from './redirect.ts';
import { reject } from './reject.ts';
import { setConnmark } from './set-connmark.ts';
import { setMark } from './set-mark.ts';
import { snat } from './snat.ts';
import { snpt } from './snpt.ts';
import { trace } from './trace.ts';

export const TARGET_LIST: readonly TargetExtension[] = [
  ct,
  dnat,
  dnpt,
  log,
  masquerade,
  netmap,
  nflog,
  notrack,
  redirect,
  reject,
  setConnmark,
  setMark,
  snat,
  snpt,
  trace,
];
