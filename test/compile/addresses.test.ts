// Tables of rules about long addresses, of which leaves ask a word at first: they decide as the linear walk does, near misses too.

import { expect, test } from 'vitest';
import { PACKET_FLAG_IPV6, PACKET_FLAG_PLAIN } from '../../assembly/abi/packet.ts';
import { CHAIN_ABREAST, CHAIN_ABREAST_LONG, CHAIN_TREE_COUNT } from '../../assembly/abi/program.ts';
import { type ClassHeader, drawnHeaders, randomHeaders, rulesetOf } from '../../bench/traffic/class-rules.ts';
import { classRules, STYLES } from '../../bench/traffic/classbench.ts';
import { random } from '../../bench/traffic/random.ts';
import { compile } from '../../src/compile/compile.ts';
import { chainOffset } from '../../src/compile/shape.ts';
import type { Field } from '../../src/ir/ir.ts';
import { openClassifier } from '../support/classifier.ts';
import type { PacketValues } from '../support/interpret.ts';

const HEADERS = 2000;
/** So little memory that a single tree has long leaves. */
const SEVERAL = { limits: { memoryBytes: 100_000, work: 1e7 } };

/** As a packet. `turned`: the bit that is another in one word of its addresses, 0 … 255; none of them from there on. */
function packetOf({ source, destination, sport, dport, protocol }: ClassHeader, turned: number): PacketValues {
  const words = [...source, ...destination].map((word, k) => (turned >>> 5 === k ? (word ^ (1 << (turned & 31))) >>> 0 : word));
  const names = ['src0', 'src1', 'src2', 'src3', 'dst0', 'dst1', 'dst2', 'dst3'] as const;
  const addresses = Object.fromEntries(names.map((name, k) => [name, words[k]!])) as Partial<Record<Field, number>>;
  return {
    fields: {
      ...addresses,
      sport,
      dport,
      proto: protocol,
      length: 40 + (sport & 63),
      flags: PACKET_FLAG_PLAIN + PACKET_FLAG_IPV6,
    },
  };
}

test.each(
  STYLES.flatMap((style) => [
    { style, count: 60, goingOn: 0, options: {} },
    { style, count: 900, goingOn: 0, options: {} },
    { style, count: 900, goingOn: 0, options: SEVERAL },
    { style, count: 900, goingOn: 0.05, options: {} },
    { style, count: 900, goingOn: 0.05, options: SEVERAL },
  ]),
)('$count rules, $style, of which $goingOn go on, $options', ({ style, count, goingOn, options }) => {
  const rules = classRules({ style, family: 6, count, seed: 7, goingOn });
  const program = compile(rulesetOf(rules, 6), options);
  const drawn = random(3);
  const packets = [...drawnHeaders(rules, HEADERS, 5), ...randomHeaders(6, 200, 5)].map((header) =>
    packetOf(header, drawn.below(512)),
  );
  const classifier = openClassifier(program, packets.length);
  classifier.load(packets);
  const right = classifier.runAll('filter', 'FORWARD', { linear: true });
  const counted = classifier.counters();
  expect(classifier.runAll('filter', 'FORWARD')).toEqual(right);
  expect(classifier.counters()).toEqual(counted);
  for (const one of packets.slice(0, 200)) {
    expect(classifier.run('filter', 'FORWARD', one)).toEqual(classifier.run('filter', 'FORWARD', one, { linear: true }));
  }
});

test('leaves ask of such addresses a word at first, in one tree and in several', () => {
  const rules = rulesetOf(classRules({ style: 'fw', family: 6, count: 900, seed: 7 }), 6);
  const trees = [{}, SEVERAL].map((options) => {
    const { image } = compile(rules, options);
    const view = new DataView(image.buffer, image.byteOffset);
    const chain = chainOffset(image, 'filter', 'FORWARD');
    expect(view.getUint32(chain + CHAIN_ABREAST, true) & CHAIN_ABREAST_LONG).toBe(CHAIN_ABREAST_LONG);
    return view.getUint32(chain + CHAIN_TREE_COUNT, true);
  });
  expect(trees).toEqual([1, 3]);
});
