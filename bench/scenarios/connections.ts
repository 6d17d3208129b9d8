// The suite of conntrack.ts, whose rows are medians already.

import { cost, reference, type Suite } from '../suite.ts';
import { conntrackRows } from './conntrack.ts';

export const connections: Suite = {
  name: 'conntrack',
  title: 'packets of tracked connections through three rules, one worker, up to 10 million connections',
  async run({ scale, seed, note }) {
    if (scale === 'tiny' || scale === 'quick') return { figures: [], notices: ['Left out: it has no small sizes.'] };
    const rows = await conntrackRows(seed, note);
    const figures = rows.flatMap(({ packets, flows, nsPerPacket, floorNs, entryBytes }) => {
      const of = `${packets}, ${flows.toLocaleString('en')} flows`;
      return [
        cost(of, 'packet', 'ns', [nsPerPacket]),
        reference(of, 'floor', 'ns', [floorNs]),
        cost(of, 'times floor', 'x', [nsPerPacket / floorNs]),
        cost(of, 'memory of an entry', 'bytes', [entryBytes]),
      ];
    });
    return { figures, notices: [] };
  },
};
