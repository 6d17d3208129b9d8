// Question: what is the least that a packet costs, of which the other suites give multiples?
//
// Reading (a copy of each chunk), walking, parsing and hashing the captures that the suite replay uses, in AssemblyScript, in one thread. It
// cannot show what a disk costs: the captures are in memory, as there.

import { Floor } from '../floor/floor.ts';
import { alternate } from '../rounds.ts';
import { reference, type Suite, sizesOf } from '../suite.ts';
import { Flows, SNAP_BYTES, SNAP_FULL } from '../traffic/flows.ts';
import { gateway, halves } from '../traffic/gateway.ts';

const SNAPS = [SNAP_BYTES, SNAP_FULL];
const FLOWS = 30_000;
const PACKETS = { tiny: 3000, quick: 200_000, usual: 400_000, full: 1_000_000 };

export const floorSuite: Suite = {
  name: 'floor',
  title: 'reading, walking, parsing and hashing a capture, and nothing more',
  async run(run) {
    const floor = await Floor.open();
    const { tuple } = gateway(halves(10), run.seed);
    const rows = sizesOf(run, 'snap', { tiny: SNAPS, quick: SNAPS, usual: SNAPS, full: SNAPS }).map((snapBytes) => {
      const capture = new Flows(FLOWS, run.seed, { tuple, snapBytes }).data(PACKETS[run.scale]);
      const bytes = Math.round(capture.bytes.length / capture.packets);
      return { name: `${snapBytes === SNAP_FULL ? 'whole packets' : `snap ${snapBytes}`}, ${bytes} bytes each`, capture };
    });
    const samples = await alternate(
      rows.map(({ name, capture }) => ({
        name,
        measure: async () => ({ packet: floor.measure(capture.bytes, capture.packets) }),
      })),
      run,
    );
    return { figures: rows.map(({ name }) => reference(name, 'packet', 'ns', samples.of(name, 'packet'))), notices: [] };
  },
};
