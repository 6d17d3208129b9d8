// -m cgroup: the control group of the process whose socket the packet belongs to.

import type { Test } from '../ir/ir.ts';
import type { LowerContext, MatchExtension } from '../ruleset/extension.ts';
import { listApart, spaced } from './listing.ts';
import { bySender } from './sender.ts';
import { askedNumber, askedOption, saveAsked } from './specs.ts';
import { type Asked, atLeastOne, quoted, readText, U32 } from './values.ts';

interface CgroupOptions {
  path?: Asked<string>;
  classid?: Asked<number>;
}

/** Less the final NUL. Ref: include/uapi/linux/netfilter/xt_cgroup.h XT_CGROUP_PATH_MAX */
const PATH_BYTES = 511;

/** A group lies below itself, and everything below the root. Ref: include/linux/cgroup.h:cgroup_is_descendant() */
function isBelow(group: string, ancestor: string): boolean {
  const [path, top] = [group, ancestor].map((text) => `${text.replace(/\/+$/, '')}/`) as [string, string];
  return path.startsWith(top);
}

function lower({ path, classid }: CgroupOptions, context: LowerContext): Test[] {
  const holds = (group: string, id: number): boolean =>
    classid ? (id === classid.value) !== classid.invert : isBelow(group, path!.value) !== path!.invert;
  return bySender(context, {
    ofSender: (sender) => holds(sender.cgroup, sender.classid),
    ofKernel: holds('/', 0),
    otherwise: false,
  });
}

/** Ref: net/netfilter/xt_cgroup.c:cgroup_mt_v2() */
export const cgroup: MatchExtension<CgroupOptions> = {
  kind: 'match',
  name: 'cgroup',
  families: [4, 6],
  hooks: ['INPUT', 'OUTPUT', 'POSTROUTING'],
  ...atLeastOne<CgroupOptions>('cgroup', [
    askedOption('path', 'path', (argument, context) => readText(argument, context, PATH_BYTES), { excludes: ['cgroup'] }),
    askedNumber('cgroup', 'classid', { max: U32, excludes: ['path'] }),
  ]),
  create: () => ({}),
  save: ({ path, classid }) => [...saveAsked('--path', path, quoted), ...saveAsked('--cgroup', classid)],
  print: ({ path, classid }) => spaced(['cgroup', ...(path ? [listApart(path)] : []), ...(classid ? [listApart(classid)] : [])]),
  lower,
};
