import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ENV_BYTES, ENV_SCRATCH, SHARD_SCRATCH_BYTES } from '../../assembly/abi/batch.ts';
import {
  PACKET_END,
  PACKET_L3,
  PACKET_L4,
  PACKET_L4_LENGTH,
  PACKET_LENGTH,
  PACKET_TOS,
  PACKET_TTL,
} from '../../assembly/abi/packet.ts';
import { address, bytes, checksum, concat, onesSum, toHex } from '../../src/packet/bytes.ts';
import { extension, ipv4, ipv6, tcp } from '../../src/packet/packets.ts';
import { compileCore } from '../support/compile-core.ts';
import type { TestCore } from '../support/core.ts';
import { dissectFrames } from '../support/dissection.ts';

const LINKTYPE_RAW = 101;

let core: TestCore;
let env: number;

beforeAll(async () => {
  core = await compileCore(`
    import { clonePacket as clone, mendTransport as mend, resize as size, setTos as tos, setTtl as ttl, settleBytes as settle, ownBytes as own } from './assembly/wire/edit.ts';
    import { transportChecksumOk as ok, isLeftOpen as open } from './assembly/wire/checksum.ts';
    import { dissectSlot as dissect } from './assembly/wire/slot.ts';
    import { writeLayer3 as write } from './assembly/wire/rewrite.ts';
    export function dissectSlot(env: usize, slot: usize): i32 { return dissect(env, slot); }
    export function transportChecksumOk(packet: usize): bool { return ok(packet); }
    export function isLeftOpen(packet: usize): bool { return open(packet, 16); }
    export function writeLayer3(packet: usize, target: usize): u32 { return write(packet, target); }
    export function setTos(env: usize, packet: usize, value: u32): void { tos(env, packet, value); }
    export function setTtl(env: usize, packet: usize, value: u32): void { ttl(env, packet, value); }
    export function settleBytes(env: usize, packet: usize): void { settle(env, packet); }
    export function ownBytes(env: usize, packet: usize): void { own(env, packet); }
    export function clonePacket(env: usize, packet: usize): usize { return clone(env, packet); }
    export function resize(packet: usize, at: u32, removed: u32, added: u32): bool { return size(packet, at, removed, added); }
    export function mendTransport(at: usize, from: u32, to: u32, pseudo: bool, open: bool): void { mend(at, from, to, pseudo, open); }
  `);
  env = core.allocate(ENV_BYTES);
  core.view.setUint32(env + ENV_SCRATCH, core.allocate(SHARD_SCRATCH_BYTES), true);
});

/** A packet in hand: its record, and what is asked of it. */
function take(data: Uint8Array) {
  const record = dissectFrames([{ data, linktype: LINKTYPE_RAW }], 1, core).record(0);
  const word = (field: number, of = record): number => core.view.getUint32(of + field, true);
  return {
    record,
    word,
    bytes: (of = record) => core.bytes.slice(word(PACKET_L3, of), word(PACKET_END, of)),
    leaving: (of = record) => {
      const target = core.allocate(70_000);
      return core.bytes.slice(target, target + core.exports.writeLayer3!(of, target));
    },
  };
}

/** An edit of the IP header, or forwarding's step. */
type Edit = readonly ['tos' | 'ttl', number] | readonly ['forward'];

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.constant('tos' as const), fc.nat(255)),
  fc.tuple(fc.constant('ttl' as const), fc.nat(255)),
  fc.constant(['forward'] as const),
);

describe('fields of the IP header', () => {
  test.each([
    ['IPv4', (id: number, tos: number, ttl: number) => ipv4({ id, tos, ttl, payload: tcp() })],
    ['IPv6', (id: number, tos: number, ttl: number) => ipv6({ flowLabel: id, trafficClass: tos, hopLimit: ttl, payload: tcp() })],
  ])('of %s are as if the packet had been made with them, whatever came before', (_, make) => {
    fc.assert(
      fc.property(fc.nat(65535), fc.nat(255), fc.nat(255), fc.array(edit, { maxLength: 6 }), (id, tos, ttl, edits) => {
        const packet = take(make(id, tos, ttl));
        const now = { tos, ttl };
        let forwarded = false;
        for (const [what, value] of edits) {
          if (what === 'forward') {
            // Once on its way, like every packet.
            if (forwarded || now.ttl < 2) continue;
            forwarded = true;
            core.view.setUint32(packet.record + PACKET_TTL, --now.ttl, true);
          } else {
            core.exports[what === 'tos' ? 'setTos' : 'setTtl']!(env, packet.record, value);
            now[what] = value;
          }
        }
        const out = packet.leaving();
        expect([packet.word(PACKET_TOS), packet.word(PACKET_TTL)]).toEqual([now.tos, now.ttl]);
        const made = make(id, now.tos, now.ttl);
        if (made[0]! >> 4 === 4) {
          // A sum of zero has two forms, of which the kernel's way may come to either.
          expect(checksum(out.subarray(0, 20))).toBe(0);
          out.set(made.subarray(10, 12), 10);
        }
        expect(toHex(out)).toBe(toHex(made));
      }),
      { seed: 1 },
    );
  });

  test('are read right once the bytes are settled', () => {
    const packet = take(ipv4({ ttl: 9, payload: tcp() }));
    core.exports.settleBytes!(env, packet.record);
    const untouched = packet.word(PACKET_L3);
    core.view.setUint32(packet.record + PACKET_TTL, 8, true);
    core.exports.settleBytes!(env, packet.record);
    expect(packet.word(PACKET_L3)).not.toBe(untouched);
    expect(toHex(packet.bytes())).toBe(toHex(ipv4({ ttl: 8, payload: tcp() })));
  });
});

test('a transport checksum is right after any word under it has changed', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 4, maxLength: 40 }),
      fc.nat(18),
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.boolean(),
      (payload, place, value, wide) => {
        const packet = take(ipv4({ payload: tcp({ payload }) }));
        core.exports.ownBytes!(env, packet.record);
        const l4 = packet.word(PACKET_L4);
        const at = l4 + 20 + 2 * (place % Math.floor(payload.length / 4));
        const read = () => (wide ? core.view.getUint32(at, true) : core.view.getUint16(at, true));
        const before = read();
        if (wide) core.view.setUint32(at, value, true);
        else core.view.setUint16(at, value & 0xffff, true);
        core.exports.mendTransport!(l4 + 16, before, read(), 0, 0);
        expect(core.exports.transportChecksumOk!(packet.record)).toBe(1);
      },
    ),
    { seed: 2 },
  );
});

describe('bytes put in or taken out', () => {
  const payload = Uint8Array.from({ length: 30 }, (_, i) => i);

  test.each([
    ['IPv4', (data: Uint8Array) => ipv4({ payload: tcp({ payload: data, checksum: 7 }) })],
    ['IPv6', (data: Uint8Array) => ipv6({ extensions: [extension(60)], payload: tcp({ payload: data, checksum: 7 }) })],
  ])('move what is behind and change the lengths of %s', (_, make) => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), fc.nat(600), (at, most, added) => {
        const removed = Math.min(most, payload.length - at);
        const packet = take(make(payload));
        core.exports.ownBytes!(env, packet.record);
        expect(core.exports.resize!(packet.record, 20 + at, removed, added)).toBe(1);
        const start = packet.word(PACKET_L4) + 20 + at;
        core.bytes.fill(0xee, start, start + added);
        const data = [...payload.subarray(0, at), ...new Array<number>(added).fill(0xee), ...payload.subarray(at + removed)];
        const made = make(Uint8Array.from(data));
        expect(toHex(packet.bytes())).toBe(toHex(made));
        expect(packet.word(PACKET_LENGTH)).toBe(made.length);
        expect(packet.word(PACKET_L4_LENGTH)).toBe(20 + data.length);
      }),
      { seed: 3 },
    );
  });

  test('are refused beyond the room there is, and where the capture lacks the place', () => {
    const packet = take(ipv4({ payload: tcp({ payload }) }));
    core.exports.ownBytes!(env, packet.record);
    const before = toHex(packet.bytes());
    expect(core.exports.resize!(packet.record, 20, 0, 1 << 17)).toBe(0);
    expect(core.exports.resize!(packet.record, 40, 20, 0)).toBe(0);
    expect(toHex(packet.bytes())).toBe(before);
  });
});

describe('a clone', () => {
  test.each([false, true])('and its packet change each by itself; changed before: %s', (changed) => {
    const packet = take(ipv4({ ttl: 9, payload: tcp() }));
    if (changed) core.exports.setTos!(env, packet.record, 4);
    const clone = core.exports.clonePacket!(env, packet.record);
    core.exports.setTos!(env, clone, 8);
    core.exports.setTtl!(env, packet.record, 99);
    core.exports.setTtl!(env, clone, 100);
    expect(toHex(packet.leaving())).toBe(toHex(ipv4({ tos: changed ? 4 : 0, ttl: 99, payload: tcp() })));
    expect(toHex(packet.leaving(clone))).toBe(toHex(ipv4({ tos: 8, ttl: 100, payload: tcp() })));
  });
});

test('a checksum that is left to the network card is known by the sum of the pseudo-header', () => {
  const segment = tcp({ payload: Uint8Array.of(1, 2, 3) });
  expect(core.exports.isLeftOpen!(take(ipv4({ payload: segment })).record)).toBe(0);
  const pseudo = onesSum(concat(address('192.0.2.1'), address('192.0.2.2'), bytes(0, 6, 0, 23)));
  const data = ipv4({ payload: tcp({ payload: Uint8Array.of(1, 2, 3), checksum: pseudo }) });
  expect(core.exports.isLeftOpen!(take(data).record)).toBe(1);
});
