// An image as text: every chain with its items, the nodes of its trees, and its leaves. Reads the bytes and nothing else, so
// that what it prints is what the core runs.

import { ACTION_CALL, ACTION_CONTINUE, ACTION_GOTO, ACTION_REJECT, ACTION_VERDICT } from '../../assembly/abi/opcode.ts';
import {
  BLOCK_STEPS,
  CHAIN_ITEM_COUNT,
  CHAIN_ITEMS,
  CHAIN_POLICY,
  CHAIN_POLICY_VERDICT,
  CHAIN_ROOT,
  CHAIN_TREE_COUNT,
  CHAIN_TREES,
  CUT_FIELD_MASK,
  CUT_FIELD_SHIFT,
  CUT_MASK_SHIFT,
  CUT_SHIFT_MASK,
  ENTRY_BYTES,
  ENTRY_CUT,
  ENTRY_TARGET,
  HOOKS,
  ITEM_ACTION,
  ITEM_BYTES,
  ITEM_MISS,
  ITEM_NEXT,
  ITEM_OPERAND,
  ITEM_RULE,
  ITEM_TESTS,
  LEAF_BLOCKS,
  LEAF_COUNTER,
  LEAF_FIELDS,
  LEAF_ROWS,
  LEAF_STEP_COUNT,
  LEAF_STEPS,
  LEAF_VERDICT,
  NO_COUNTER,
  PROGRAM_CHAINS,
  PROGRAM_COUNTERS,
  PROGRAM_COUNTS_CONNECTIONS,
  PROGRAM_DEFRAGMENTS,
  PROGRAM_FAMILY,
  PROGRAM_FLAGS,
  PROGRAM_HAS_NAT,
  PROGRAM_MAX_HITS,
  PROGRAM_NEEDS_ADDRTYPE,
  PROGRAM_RULES,
  PROGRAM_SIZE,
  PROGRAM_USES_CONNTRACK,
  ROW_BYTES,
  ROW_SPAN,
  STEP_BYTES,
  STEP_END,
  STEP_ITEM,
  STEP_MISS,
  STEP_NEXT,
  STEP_TESTS,
  TABLES,
} from '../../assembly/abi/program.ts';
import { dumpTest } from '../ir/dump.ts';
import { HOOK_NAMES, TABLE_NAMES, type Test } from '../ir/ir.ts';
import { decodeTests, type ReadWord } from './decode.ts';
import { fieldAt } from './fields.ts';
import { actionName, opcodeName, verdictName } from './opcode-name.ts';
import { type TableShape, tableShape } from './shape.ts';

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [PROGRAM_USES_CONNTRACK, 'uses conntrack'],
  [PROGRAM_DEFRAGMENTS, 'puts fragments together'],
  [PROGRAM_COUNTS_CONNECTIONS, 'counts connections'],
  [PROGRAM_NEEDS_ADDRTYPE, 'needs address types'],
  [PROGRAM_HAS_NAT, 'has nat'],
];

/** The image as text. */
export function disassemble(image: Uint8Array): string {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const word: ReadWord = (offset) => view.getUint32(offset, true);
  const flags = FLAG_NAMES.filter(([bit]) => (word(PROGRAM_FLAGS) & bit) !== 0).map(([, name]) => `, ${name}`);
  const lines = [
    `ipv${word(PROGRAM_FAMILY)} program: ${word(PROGRAM_RULES)} rules, ${word(PROGRAM_COUNTERS)} counters, ` +
      `at most ${word(PROGRAM_MAX_HITS)} hits, ${word(PROGRAM_SIZE)} bytes${flags.join('')}`,
  ];
  const chains = new ChainQueue();
  for (let slot = 0; slot < TABLES * HOOKS; slot++) {
    const offset = word(PROGRAM_CHAINS + 4 * slot);
    if (offset !== 0) chains.add(offset, `${TABLE_NAMES[Math.floor(slot / HOOKS)]} ${HOOK_NAMES[slot % HOOKS]}`);
  }
  for (const { offset, name } of chains.list) lines.push('', ...chainLines(image, word, offset, name, chains));
  return `${lines.join('\n')}\n`;
}

/** Chains to print, in the order met; called chains get a number. */
class ChainQueue {
  readonly list: { readonly offset: number; readonly name: string }[] = [];
  private readonly names = new Map<number, string>();

  add(offset: number, name: string): void {
    this.names.set(offset, name);
    this.list.push({ offset, name });
  }

  /** Name of a called chain. */
  called(offset: number): string {
    let name = this.names.get(offset);
    if (name === undefined) {
      name = `chain ${this.list.length}`;
      this.add(offset, name);
    }
    return name;
  }
}

function chainLines(image: Uint8Array, word: ReadWord, offset: number, name: string, chains: ChainQueue): string[] {
  const count = word(offset + CHAIN_ITEM_COUNT);
  const policy = word(offset + CHAIN_POLICY);
  const end = policy === NO_COUNTER ? 'returns' : `policy ${verdictName(word(offset + CHAIN_POLICY_VERDICT))} #${policy}`;
  const items = word(offset + CHAIN_ITEMS);
  const lines = [`${name}: ${count} items, ${end}`];
  for (let i = 0; i < count; i++) lines.push(`  ${i} ${itemText(word, items + i * ITEM_BYTES, i, count, chains)}`);
  const entries = roots(word, offset);
  if (entries.length > 0) lines.push(`  ${shapeText(tableShape(image, offset))}`);
  return [...lines, ...new TreePrinter(word, items).print(entries)];
}

function shapeText({ trees, depth, leaves, largestLeaf, bytes }: TableShape): string {
  const what = `${trees} ${trees === 1 ? 'tree' : 'trees'}, at most ${depth} deep`;
  return `table: ${what}, ${leaves} ${leaves === 1 ? 'leaf' : 'leaves'} of at most ${largestLeaf} steps, ${bytes} bytes`;
}

function itemText(word: ReadWord, at: number, index: number, count: number, chains: ChainQueue): string {
  const tests = word(at + ITEM_TESTS);
  const asked = tests === 0 ? 'always' : testsText(decodeTests(word, tests));
  const to = (place: number): string => (place === count ? 'end' : String(place));
  const next = to(word(at + ITEM_NEXT));
  const miss = to(word(at + ITEM_MISS));
  const action = actionText(word, at, chains);
  const goesOn = action.ends || next === String(index + 1) ? '' : ` then ${next}`;
  return `#${word(at + ITEM_RULE)} ${asked} -> ${action.text}${goesOn}${miss === String(index + 1) ? '' : ` else ${miss}`}`;
}

function actionText(word: ReadWord, at: number, chains: ChainQueue): { text: string; ends: boolean } {
  const action = word(at + ITEM_ACTION);
  const operand = word(at + ITEM_OPERAND);
  if (action === ACTION_VERDICT) return { text: verdictName(operand), ends: true };
  if (action === ACTION_REJECT) return { text: `reject ${operand}`, ends: true };
  if (action === ACTION_CALL) return { text: `call ${chains.called(operand)}`, ends: false };
  if (action === ACTION_GOTO) return { text: `goto ${chains.called(operand)}`, ends: true };
  return { text: action === ACTION_CONTINUE ? 'continue' : actionName(action), ends: false };
}

function testsText(tests: readonly Test[]): string {
  return tests.map((test) => dumpTest(test, opcodeName)).join(' & ');
}

/** Offsets of the entries that the chain's trees begin with. */
function roots(word: ReadWord, chain: number): number[] {
  const count = word(chain + CHAIN_TREE_COUNT);
  if (count > 1) return Array.from({ length: count }, (_, i) => word(chain + CHAIN_TREES) + i * ENTRY_BYTES);
  return word(chain + CHAIN_ROOT + ENTRY_TARGET) === 0 ? [] : [chain + CHAIN_ROOT];
}

/** Prints nodes (N) and leaves (L) once each, numbered in the order met. */
class TreePrinter {
  private readonly word: ReadWord;
  private readonly items: number;
  private readonly nodes = new Map<string, { readonly name: string; readonly target: number; readonly cut: number }>();
  private readonly leaves = new Map<number, string>();

  constructor(word: ReadWord, items: number) {
    this.word = word;
    this.items = items;
  }

  print(entries: readonly number[]): string[] {
    if (entries.length === 0) return ['  no table'];
    const lines = entries.map((entry, i) => `  tree ${i}: ${this.nameOf(entry)}`);
    // Nodes met while printing stand at the end of the map and so are printed in turn.
    for (const { name, target, cut } of this.nodes.values()) lines.push(`  ${name} ${this.nodeText(target, cut)}`);
    for (const [at, name] of this.leaves) lines.push(...this.leafLines(at, name));
    return lines;
  }

  private nameOf(entry: number): string {
    const target = this.word(entry + ENTRY_TARGET);
    const cut = this.word(entry + ENTRY_CUT);
    if (cut === 0) {
      const name = this.leaves.get(target) ?? `L${this.leaves.size}`;
      this.leaves.set(target, name);
      return name;
    }
    const key = `${target} ${cut}`;
    const node = this.nodes.get(key) ?? { name: `N${this.nodes.size}`, target, cut };
    this.nodes.set(key, node);
    return node.name;
  }

  private nodeText(target: number, cut: number): string {
    const shift = cut & CUT_SHIFT_MASK;
    const children = (cut >>> CUT_MASK_SHIFT) + 1;
    const parts: string[] = [];
    for (let from = 0; from < children; ) {
      const name = this.nameOf(target + from * ENTRY_BYTES);
      let to = from;
      while (to + 1 < children && this.nameOf(target + (to + 1) * ENTRY_BYTES) === name) to++;
      parts.push(`${from === to ? from : `${from}..${to}`} ${name}`);
      from = to + 1;
    }
    return `(${fieldAt((cut >>> CUT_FIELD_SHIFT) & CUT_FIELD_MASK)} >> ${shift}) & ${children - 1}: ${parts.join(', ')}`;
  }

  private leafLines(at: number, name: string): string[] {
    const { word } = this;
    const stepCount = word(at + LEAF_STEP_COUNT);
    const steps = word(at + LEAF_STEPS);
    const ids = steps + (stepCount + 1) * STEP_BYTES;
    const hitCount = word(ids);
    const hits = Array.from({ length: hitCount }, (_, i) => `#${word(ids + 4 + 4 * i)}`);
    const counted = hitCount > 0 ? ` count ${hits.join(' ')} in counter ${word(at + LEAF_COUNTER)}` : '';
    if (stepCount === 0) return [`  ${name}${counted} -> ${verdictName(word(at + LEAF_VERDICT))}`];
    const lines = Array.from(
      { length: stepCount },
      (_, i) => `    ${i} ${this.stepText(steps + i * STEP_BYTES, this.rowTexts(at, i), i, stepCount)}`,
    );
    return [`  ${name}${counted}`, ...lines];
  }

  private stepText(at: number, rows: readonly string[], index: number, count: number): string {
    const { word } = this;
    const tests = word(at + STEP_TESTS);
    const asked = [...rows, ...(tests === 0 ? [] : [testsText(decodeTests(word, tests))])].join(' & ');
    const to = (place: number): string => (place === STEP_END || place === count ? 'end' : String(place));
    const next = to(word(at + STEP_NEXT));
    const miss = to(word(at + STEP_MISS));
    const ways = `${next === String(index + 1) ? '' : ` then ${next}`}${miss === String(index + 1) ? '' : ` else ${miss}`}`;
    return `item ${(word(at + STEP_ITEM) - this.items) / ITEM_BYTES} ${asked || 'always'}${ways}`;
  }

  /** What the rows of its block say of a step. */
  private rowTexts(leaf: number, step: number): string[] {
    const { word } = this;
    const rows = word(leaf + LEAF_ROWS) & 0xff;
    const block = leaf + LEAF_BLOCKS + Math.floor(step / BLOCK_STEPS) * rows * ROW_BYTES + (step % BLOCK_STEPS) * 4;
    return Array.from({ length: rows }, (_, row) => {
      const field = fieldAt((word(leaf + LEAF_FIELDS + (row & ~3)) >>> (8 * (row & 3))) & 0xff);
      return rowText(field ?? '?', word(block + row * ROW_BYTES), word(block + row * ROW_BYTES + ROW_SPAN));
    }).filter((text) => text !== '');
  }
}

function rowText(field: string, low: number, span: number): string {
  const high = (low + span) >>> 0;
  if (span === 0xffffffff) return '';
  if (span === 0) return `${field} == ${low}`;
  return low <= high ? `${field} in ${low}..${high}` : `${field} not in ${high + 1}..${low - 1}`;
}
