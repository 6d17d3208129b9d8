import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as capture from '../../assembly/abi/capture.ts';
import { bytes, concat, hex } from '../../src/packet/bytes.ts';
import { type Endian, numbers, pcapFile, pcapng } from '../../src/packet/captures.ts';
import { ethernet, ipv4, tcp, udp } from '../../src/packet/packets.ts';
import { openCore } from '../support/core.ts';
import { captureReader, type Walk } from '../support/walk.ts';

const read = captureReader();
const ENDIANS: readonly Endian[] = ['little', 'big'];

const packets = [
  { data: ethernet({ payload: ipv4({ payload: udp({ payload: hex('010203') }) }) }), time: 1_700_000_000_123_456_789n },
  { data: ethernet({ payload: ipv4({ payload: tcp() }) }), time: 1_700_000_001_000_000_001n, length: 1500 },
  { data: new Uint8Array(0), time: 1_700_000_002_999_999_999n, length: 60 },
  { data: bytes(0xff), time: 1_700_000_003_000_000_000n },
];

function summary({ frames, ...rest }: Walk) {
  return { ...rest, frames: frames.map((frame) => ({ ...frame, data: Buffer.from(frame.data).toString('hex') })) };
}

/** The same frames, interfaces and faults wherever the file is cut. */
function expectSameAtEveryCut(file: Uint8Array): Walk {
  const whole = read(file);
  for (let cut = 0; cut <= file.length; cut++) {
    expect(summary(read(file, { pieces: [cut, file.length] })), `cut at ${cut}`).toEqual(summary(whole));
  }
  expect(summary(read(file, { pieces: [1] }))).toEqual(summary(whole));
  expect(summary(read(file, { capacity: 1 }))).toEqual(summary(whole));
  return whole;
}

describe('classic pcap', () => {
  for (const endian of ENDIANS) {
    for (const nanoseconds of [false, true]) {
      test(`${endian}-endian with ${nanoseconds ? 'nano' : 'micro'}seconds, at every cut`, () => {
        const { frames, interfaces, fault } = expectSameAtEveryCut(
          pcapFile(packets, { endian, nanoseconds, linktype: 113, snaplen: 99 }),
        );
        expect([fault, interfaces]).toEqual([0, [{ name: '', linktype: 113, snaplen: 99 }]]);
        expect(frames.map(({ data }) => data)).toEqual(packets.map(({ data }) => data));
        expect(frames.map(({ length }) => length)).toEqual(packets.map(({ data, length }) => length ?? data.length));
        expect(frames.map(({ time }) => time)).toEqual(packets.map(({ time }) => (nanoseconds ? time : (time / 1000n) * 1000n)));
        expect(frames.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
      });
    }

    test(`${endian}-endian with Kuznetsov's longer records`, () => {
      const { frames } = expectSameAtEveryCut(pcapFile(packets, { endian, modified: true }));
      expect(frames.map(({ data }) => data)).toEqual(packets.map(({ data }) => data));
    });
  }

  test('times that go back are held at the latest', () => {
    const times = [5n, 3n, 9n, 1n].map((time) => ({ data: bytes(1), time }));
    expect(read(pcapFile(times, { nanoseconds: true })).frames.map(({ time }) => time)).toEqual([5n, 5n, 9n, 9n]);
  });

  test('a wire length below the captured one is raised to it', () => {
    expect(read(pcapFile([{ data: new Uint8Array(9), length: 3 }])).frames[0]!.length).toBe(9);
  });

  test('bits beside the link type, which tell of checksums behind the frames, are left out', () => {
    expect(read(pcapFile([], { linktype: 0x3000_0001 })).interfaces[0]!.linktype).toBe(1);
  });

  test('versions up to 2.2 have the lengths in the other order, 2.3 in either', () => {
    const { u32 } = numbers('little');
    const swapped = (version: readonly [number, number], a: number, b: number, size: number) =>
      read(concat(pcapFile([], { version }), u32(1), u32(2), u32(a), u32(b), new Uint8Array(size))).frames[0];
    expect(swapped([2, 2], 60, 4, 4)).toMatchObject({ length: 60, data: new Uint8Array(4) });
    expect(swapped([2, 3], 60, 4, 4)).toMatchObject({ length: 60, data: new Uint8Array(4) });
    expect(swapped([2, 3], 4, 60, 4)).toMatchObject({ length: 60, data: new Uint8Array(4) });
  });

  test('the bytes in front of a cut record are used up and no more', () => {
    const file = pcapFile(packets);
    for (let length = 24; length < file.length; length++) {
      const { frames, offset, fault } = read(file.subarray(0, length));
      const whole = pcapFile(packets.slice(0, frames.length)).length;
      expect([fault, offset]).toEqual([0, whole]);
      expect(pcapFile(packets.slice(0, frames.length + 1)).length).toBeGreaterThan(length);
    }
  });

  test('faults name what is wrong and where', () => {
    const { u32 } = numbers('little');
    expect(read(hex('00010203 04050607'))).toMatchObject({ fault: capture.CAPTURE_FAULT_MAGIC, offset: 0 });
    expect(read(pcapFile([], { version: [3, 0] }))).toMatchObject({ fault: capture.CAPTURE_FAULT_VERSION, offset: 4 });
    const good = pcapFile(packets);
    const long = concat(good, u32(0), u32(0), u32(262145), u32(262145), new Uint8Array(100));
    const walked = read(long);
    expect(walked).toMatchObject({ fault: capture.CAPTURE_FAULT_RECORD_LENGTH, offset: good.length });
    expect(walked.frames).toHaveLength(4);
  });

  test('a packet of the largest size fits', () => {
    expect(read(pcapFile([{ data: new Uint8Array(262144).fill(7) }])).frames[0]!.data).toHaveLength(262144);
  });
});

describe('pcapng', () => {
  const HOUR = 3_600_000_000_000n;
  for (const endian of ENDIANS) {
    const { section, describe: describeInterface, enhanced, simple, obsolete, block } = pcapng(endian);

    test(`${endian}-endian with everything in it, at every cut`, () => {
      const file = concat(
        section(),
        block(4, hex('0001 0008 0a000001 68006900 0000 0000')), // names
        describeInterface({ name: 'eth0', resolution: 9, snaplen: 65535 }),
        block(10, new Uint8Array(40)), // decryption secrets
        enhanced({ data: packets[0]!.data, time: 10n, direction: 'in' }),
        describeInterface({ name: 'wan', linktype: 101 }),
        enhanced({ interface: 1, data: packets[1]!.data, time: 20n, direction: 'out', length: 1500 }),
        obsolete({ interface: 0, data: bytes(1, 2, 3), time: 30_000n, direction: 'out' }),
        obsolete({ interface: 1, data: bytes(1, 2), time: 31n }),
        simple(bytes(4, 5, 6, 7, 8)),
        block(5, new Uint8Array(24)), // statistics
        block(0xbad, new Uint8Array(12)), // custom
        section(),
        describeInterface({ linktype: 113, offset: 3600n }),
        enhanced({ data: new Uint8Array(0), time: 1n }),
        block(0x80000001, new Uint8Array(0)),
      );
      const { frames, interfaces, fault, offset } = expectSameAtEveryCut(file);
      expect([fault, offset]).toEqual([0, file.length]);
      expect(interfaces).toEqual([
        { name: 'eth0', linktype: 1, snaplen: 65535 },
        { name: 'wan', linktype: 101, snaplen: 0 },
        { name: '', linktype: 113, snaplen: 0 },
      ]);
      expect(frames.map((frame) => [frame.interface, frame.data.length, frame.length, frame.time, frame.sent])).toEqual([
        [0, 45, 45, 10n, false],
        [1, 54, 1500, 20_000n, true],
        [0, 3, 3, 30_000n, true],
        [1, 2, 2, 31_000n, false],
        [0, 5, 5, 31_000n, false],
        [2, 0, 0, HOUR + 1000n, false],
      ]);
    });

    test(`${endian}-endian sections may follow ones of the other order`, () => {
      const other = pcapng(endian === 'little' ? 'big' : 'little');
      const one = concat(section(), describeInterface(), enhanced({ data: bytes(1) }));
      const two = concat(other.section(), other.describe(), other.enhanced({ data: bytes(2) }));
      expect(expectSameAtEveryCut(concat(one, two, one)).frames.map(({ interface: index, data }) => [index, data[0]])).toEqual([
        [0, 1],
        [1, 2],
        [2, 1],
      ]);
    });
  }

  const { section, describe: describeInterface, enhanced, simple, obsolete, block } = pcapng();
  const { u16, u32 } = numbers('little');

  test('every time unit gives nanoseconds, rounded down', () => {
    const seconds = 1_700_000_000n;
    for (let exponent = 0; exponent <= 19; exponent++) {
      const unit = 10n ** BigInt(exponent);
      const ticks = BigInt.asUintN(64, exponent < 10 ? seconds * unit + unit / 3n : unit / 3n);
      const file = concat(section(), describeInterface({ resolution: exponent }), enhanced({ data: bytes(1), time: ticks }));
      expect(read(file).frames[0]!.time, `10^-${exponent}`).toBe((ticks * 1_000_000_000n) / unit);
    }
    for (let exponent = 0; exponent <= 63; exponent++) {
      const unit = 1n << BigInt(exponent);
      const ticks = BigInt.asUintN(64, (exponent < 33 ? seconds * unit : unit) + (unit * 5n) / 7n);
      const file = concat(
        section(),
        describeInterface({ resolution: 0x80 | exponent }),
        enhanced({ data: bytes(1), time: ticks }),
      );
      expect(read(file).frames[0]!.time, `2^-${exponent}`).toBe((ticks * 1_000_000_000n) / unit);
    }
  });

  test('a time offset may be negative', () => {
    const file = concat(section(), describeInterface({ offset: -5n }), enhanced({ data: bytes(1), time: 8_000_000n }));
    expect(read(file).frames[0]!.time).toBe(3_000_000_000n);
  });

  test('a simple packet is as long as the snap length and its block allow', () => {
    const file = concat(section(), describeInterface({ snaplen: 3 }), simple(bytes(1, 2, 3), 9));
    expect(read(file).frames[0]).toMatchObject({ data: bytes(1, 2, 3), length: 9 });
  });

  test('a block that is passed over may be larger than a chunk', () => {
    const start = concat(section(), describeInterface());
    const file = concat(start, block(10, new Uint8Array(3_000_000)), enhanced({ data: bytes(9) }));
    expect(read(file).frames).toHaveLength(1);
    expect(read(file, { pieces: [100_000] }).frames).toHaveLength(1);
    const bad = file.slice();
    bad.set(u32(3_000_000), start.length + 3_000_008);
    expect(read(bad)).toMatchObject({ fault: capture.CAPTURE_FAULT_BLOCK_LENGTH, offset: start.length + 3_000_008 });
  });

  test('an option of a packet that is cut or has another size tells no direction', () => {
    const head = concat(u32(0), u32(0), u32(0), u32(0), u32(0));
    for (const options of ['0200 0800 02000000', '0200 0200 02000000', '0000 0000 02000400 02000000', '0100 ffff']) {
      const file = concat(section(), describeInterface(), block(6, concat(head, hex(options))));
      expect(read(file).frames[0]!.sent).toBe(false);
    }
  });

  const start = concat(section(), describeInterface());
  const at = start.length;
  const faults: readonly (readonly [name: string, fault: number, offset: number, file: Uint8Array])[] = [
    ['a wrong byte-order magic', capture.CAPTURE_FAULT_MAGIC, 8, concat(hex('0a0d0d0a 1c000000 11223344'), new Uint8Array(16))],
    ['an unknown version', capture.CAPTURE_FAULT_VERSION, 12, section([2, 0])],
    [
      'a section header that is too short',
      capture.CAPTURE_FAULT_BLOCK_LENGTH,
      4,
      concat(hex('0a0d0d0a 18000000 4d3c2b1a'), new Uint8Array(12)),
    ],
    ['a block length below 12', capture.CAPTURE_FAULT_BLOCK_LENGTH, at + 4, concat(start, u32(99), u32(8), u32(8))],
    [
      'a block length that is no multiple of 4',
      capture.CAPTURE_FAULT_BLOCK_LENGTH,
      at + 4,
      concat(start, u32(99), u32(13), new Uint8Array(9)),
    ],
    [
      'two block lengths that differ',
      capture.CAPTURE_FAULT_BLOCK_LENGTH,
      at + 12,
      concat(start, u32(99), u32(16), u32(0), u32(20)),
    ],
    [
      'two packet block lengths that differ',
      capture.CAPTURE_FAULT_BLOCK_LENGTH,
      at + 28,
      concat(start, enhanced({ data: bytes() }).subarray(0, 28), u32(36)),
    ],
    [
      'a packet block as long as a house',
      capture.CAPTURE_FAULT_BLOCK_LENGTH,
      at + 4,
      concat(start, u32(6), u32(0xfffffff0), new Uint8Array(64)),
    ],
    ['a packet block that is too short', capture.CAPTURE_FAULT_BLOCK_LENGTH, at, concat(start, block(6, new Uint8Array(16)))],
    [
      'a simple packet block that is too short',
      capture.CAPTURE_FAULT_BLOCK_LENGTH,
      at,
      concat(start, block(3, new Uint8Array(0))),
    ],
    ['an interface block that is too short', capture.CAPTURE_FAULT_BLOCK_LENGTH, at, concat(start, block(1, new Uint8Array(4)))],
    [
      'more captured bytes than the block has',
      capture.CAPTURE_FAULT_RECORD_LENGTH,
      at,
      concat(start, block(6, concat(u32(0), u32(0), u32(0), u32(5), u32(5), u32(0)))),
    ],
    [
      'an interface nobody described',
      capture.CAPTURE_FAULT_INTERFACE,
      at,
      concat(start, enhanced({ interface: 1, data: bytes() })),
    ],
    [
      'an old packet of an interface nobody described',
      capture.CAPTURE_FAULT_INTERFACE,
      at,
      concat(start, obsolete({ interface: 1, data: bytes() })),
    ],
    ['a simple packet without an interface', capture.CAPTURE_FAULT_INTERFACE, 28, concat(section(), simple(bytes()))],
    [
      'an interface of the section before',
      capture.CAPTURE_FAULT_INTERFACE,
      at + 28,
      concat(start, section(), enhanced({ data: bytes() })),
    ],
    [
      'a cut interface option',
      capture.CAPTURE_FAULT_OPTION,
      28,
      concat(section(), block(1, concat(u16(1), u16(0), u32(0), u16(2), u16(9), u32(0)))),
    ],
    [
      'a time unit option of the wrong size',
      capture.CAPTURE_FAULT_OPTION,
      28,
      concat(section(), block(1, concat(u16(1), u16(0), u32(0), u16(9), u16(4), u32(6)))),
    ],
    [
      'a time offset option of the wrong size',
      capture.CAPTURE_FAULT_OPTION,
      28,
      concat(section(), block(1, concat(u16(1), u16(0), u32(0), u16(14), u16(4), u32(6)))),
    ],
    ['a time unit beyond 64 bits', capture.CAPTURE_FAULT_TIME_UNIT, 28, concat(section(), describeInterface({ resolution: 20 }))],
    [
      'a binary time unit beyond 64 bits',
      capture.CAPTURE_FAULT_TIME_UNIT,
      28,
      concat(section(), describeInterface({ resolution: 0x80 | 64 })),
    ],
  ];
  test.each(faults)('%s is a fault where it stands, at every cut', (_, fault, offset, file) => {
    expect(expectSameAtEveryCut(file)).toMatchObject({ fault, offset });
  });

  test('more interfaces than the table holds are a fault', () => {
    const file = concat(start, describeInterface());
    expect(read(file, { interfaceMax: 1 })).toMatchObject({ fault: capture.CAPTURE_FAULT_INTERFACE_TABLE, offset: at });
    expect(read(pcapFile([]), { interfaceMax: 0 })).toMatchObject({ fault: capture.CAPTURE_FAULT_INTERFACE_TABLE, offset: 0 });
  });
});

test('no bytes make the walk trap, stick or read past the chunk, and cuts never matter', () => {
  const { section, describe: describeInterface, enhanced, simple } = pcapng();
  const wholes = [
    pcapFile(packets),
    pcapFile(packets, { endian: 'big', nanoseconds: true }),
    concat(section(), describeInterface({ name: 'eth0' }), ...packets.map(enhanced), simple(bytes(1))),
  ];
  const changed = fc
    .tuple(fc.constantFrom(...wholes), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 8 }), fc.nat(600))
    .map(([file, changes, length]) => {
      const data = file.slice(0, length);
      for (const [position, value] of changes) if (position < data.length) data[position] = value;
      return data;
    });
  const pieces = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(changed, pieces, (file, sizes) => {
      const whole = read(file);
      expect(summary(read(file, { pieces: sizes }))).toEqual(summary(whole));
      expect(whole.offset).toBeLessThanOrEqual(file.length);
      for (const frame of whole.frames) expect(frame.data.length).toBeLessThanOrEqual(frame.length);
    }),
    { seed: 4, numRuns: 1000 },
  );
});

test('arguments outside memory are refused', () => {
  const core = openCore(16);
  const walk = core.exports.walkCapture!;
  const state = core.allocate(capture.CAPTURE_BYTES);
  const free = core.allocate(64);
  expect(walk(0, free, 64, free, 1)).toBe(-1);
  expect(walk(state, free, 0x7fff_ffff, free, 1)).toBe(-1);
  expect(walk(state, -8, 16, free, 1)).toBe(-1);
  expect(walk(state, free, 64, free, 0x7fff_ffff)).toBe(-1);
  expect(core.exports.dissectSlot!(0, free)).toBe(-1);
});
