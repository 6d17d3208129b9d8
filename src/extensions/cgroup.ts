// -m cgroup: the control group of the process whose socket the packet belongs to.

import type { MatchExtension } from '../ruleset/extension.ts';
import { listApart, spaced } from './listing.ts';
import { askedNumber, askedOption, saveAsked } from './specs.ts';
import { type Asked, atLeastOne, quoted, readText, U32 } from './values.ts';

interface CgroupOptions {
  path?: Asked<string>;
  classid?: Asked<number>;
}

/** Less the final NUL. Ref: include/uapi/linux/netfilter/xt_cgroup.h XT_CGROUP_PATH_MAX */
const PATH_BYTES = 511;

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
};
