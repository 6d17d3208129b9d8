import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { PACKET_END, PACKET_L2, PACKET_L3, PACKET_L4, PACKET_WHY } from '../../assembly/abi/packet.ts';
import { compileCore } from '../support/compile-core.ts';
import type { TestCore } from '../support/core.ts';
import { dissectFrames } from '../support/dissection.ts';
import { malformedPacket } from '../support/malformed.ts';

let core: TestCore;

beforeAll(async () => {
  core = await compileCore(`
    import { transportChecksumOk as ok } from './assembly/wire/checksum.ts';
    import { dissectSlot as dissect } from './assembly/wire/slot.ts';
    export function dissectSlot(env: usize, slot: usize): i32 { return dissect(env, slot); }
    export function transportChecksumOk(packet: usize): bool { return ok(packet); }
  `);
});

test('no bytes make the dissection trap or answer outside the frame', () => {
  const linktypes = [0, 1, 9, 50, 101, 104, 108, 113, 228, 229, 276];
  const frame = fc.record({
    data: fc.oneof(fc.uint8Array({ maxLength: 120 }), malformedPacket, malformedPacket),
    extra: fc.nat(64),
    linktype: fc.constantFrom(101, 101, ...linktypes),
    sent: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 20 }), (frames) => {
      const mark = core.allocate(0);
      const { record, word } = dissectFrames(
        frames.map((fields) => ({ ...fields, length: fields.data.length + fields.extra })),
        16,
        core,
      );
      for (let i = 0; i < frames.length; i++) {
        core.exports.transportChecksumOk!(record(i));
        const start = word(i, PACKET_L2);
        const [l3, l4, end] = [word(i, PACKET_L3), word(i, PACKET_L4), word(i, PACKET_END)];
        const limit = start + frames[i]!.data.length;
        expect(l3 === 0 || (l3 >= start && l3 <= limit)).toBe(true);
        expect(end === 0 || (end >= l3 && end <= limit)).toBe(true);
        if (word(i, PACKET_WHY) === 0) expect(l4 === 0 || (l4 > l3 && l4 <= end)).toBe(true);
      }
      core.release(mark);
    }),
    { seed: 3, numRuns: 3000 },
  );
});
