// Packets of every kind of damage, drawn at random.

import fc from 'fast-check';
import { bytes, concat, hex } from '../../src/packet/bytes.ts';
import {
  authentication,
  type Extension,
  extension,
  fragmentHeader,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  type Payload,
  raw,
  sctp,
  tcp,
  udp,
  udpLite,
} from '../../src/packet/packets.ts';

/** Hop-by-hop and destination options, good and bad. */
const OPTIONS = [
  '05020000', // router alert
  '050100', // router alert of the wrong size
  '1e00', // unknown, may be passed by
  '9e020102', // unknown, answered
  '5e00', // unknown, discarded
  'de00',
  '00',
  '0100',
  '010100',
  '01020001', // padding that is not zero
  'c20400011170', // jumbo
  'c20400000010',
  '310600000000 0000', // IOAM
  '070a000000010001 00000000', // CALIPSO
].map(hex);

const PROTOCOLS = [0, 1, 6, 17, 33, 43, 44, 47, 50, 51, 58, 59, 60, 132, 135, 136];
const ADDRESSES6 = ['2001:db8::2', '::1', 'ff02::5', 'fe80::9', '::', 'ff01::1', 'ff00::1', 'ff0e::1', '2001:db8::1'];

const transport: fc.Arbitrary<Payload> = fc.oneof(
  fc.uint8Array({ maxLength: 6 }).map((payload) => tcp({ payload })),
  fc.constantFrom(udp(), udpLite(), icmp({ type: 13 }), sctp()),
  fc.nat(5).map((type) => icmpv6({ type })),
  fc.tuple(fc.constantFrom(...PROTOCOLS), fc.uint8Array({ maxLength: 28 })).map(([protocol, body]) => raw(protocol, body)),
);

const extensionHeader: fc.Arbitrary<Extension> = fc.oneof(
  fc.constantFrom(0, 60, 43).map((type) => extension(type)),
  fc.array(fc.constantFrom(...OPTIONS), { maxLength: 4 }).map((options) => extension(0, concat(...options))),
  fc.tuple(fc.constantFrom(0, 0, 0, 8, 32), fc.boolean()).map(([offset, more]) => fragmentHeader(offset, more)),
  fc.nat(3).map((words) => authentication(new Uint8Array(4 * words))),
  fc.nat(6).map((length) => ({ ...extension(60), length })),
);

/** There once in `every` times, so that one packet does not have every fault at once. */
function seldom<T>(value: fc.Arbitrary<T>, every = 8): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: every - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

/** Leaves out what is undefined: builders then take their defaults. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as ReturnType<typeof given<T>>;
}

const four = fc
  .record({
    options: seldom(fc.constant(bytes(1, 1, 7, 7, 4, 0, 0, 0)), 4),
    mf: fc.boolean(),
    fragmentOffset: fc.constantFrom(0, 0, 0, 8, 40),
    payload: transport,
    totalLength: seldom(fc.nat(64)),
    headerWords: seldom(fc.nat(15)),
    version: seldom(fc.nat(15)),
  })
  .map((fields) => ipv4({ src: '10.0.0.2', dst: '10.0.0.1', ...given(fields) }));

const six = fc
  .record({
    src: seldom(fc.constantFrom(...ADDRESSES6), 6),
    dst: seldom(fc.constantFrom(...ADDRESSES6), 6),
    extensions: fc.array(extensionHeader, { maxLength: 4 }),
    payload: transport,
    payloadLength: seldom(fc.nat(80)),
    version: seldom(fc.nat(15)),
  })
  .map((fields) => ipv6({ src: '2001:db8::2', dst: '2001:db8::1', ...given(fields) }));

/** A packet that may be whole, wrong in a field or two, changed in some bytes, cut, or padded. */
export const malformedPacket: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.oneof(four, six),
    seldom(fc.array(fc.tuple(fc.nat(59), fc.nat(255)), { minLength: 1, maxLength: 3 }), 4),
    seldom(fc.nat(100), 5),
    fc.constantFrom(0, 0, 0, 0, 1, 7),
  )
  .map(([packet, changes = [], length = packet.length, padding]) => {
    const data = concat(packet.subarray(0, Math.max(1, length)), new Uint8Array(padding));
    for (const [at, value] of changes) if (at < data.length) data[at] = value;
    return data;
  });
