// Everything as bytes: the image of assembly/abi/program.ts.

import {
  ACTION_CALL,
  ACTION_CONTINUE,
  ACTION_GOTO,
  ACTION_REJECT,
  ACTION_VERDICT,
  ADDRESSES_WORDS,
} from '../../assembly/abi/opcode.ts';
import {
  BLOCK_STEPS,
  CHAIN_ABREAST,
  CHAIN_ABREAST_FIVE,
  CHAIN_ABREAST_LONG,
  CHAIN_BYTES,
  CHAIN_ITEM_COUNT,
  CHAIN_ITEMS,
  CHAIN_POLICY,
  CHAIN_POLICY_VERDICT,
  CHAIN_ROOT,
  CHAIN_TREE_COUNT,
  CHAIN_TREES,
  CUT_FIELD_SHIFT,
  CUT_MASK_SHIFT,
  ENDING_BEHIND,
  ENTRY_BYTES,
  ITEM_ACTION,
  ITEM_BYTES,
  ITEM_MISS,
  ITEM_NEXT,
  ITEM_OPERAND,
  ITEM_RULE,
  ITEM_TESTS,
  LEAF_BLOCKS,
  LEAF_BY,
  LEAF_COUNTER,
  LEAF_ENTRY,
  LEAF_FIELDS,
  LEAF_FLAGS,
  LEAF_ITEM,
  LEAF_ROWS,
  LEAF_ROWS_MAX,
  LEAF_STEP_COUNT,
  LEAF_STEPS,
  LEAF_STRAIGHT,
  LEAF_VERDICT,
  NO_COUNTER,
  PROGRAM_CHAINS,
  PROGRAM_COUNTERS,
  PROGRAM_FAMILY,
  PROGRAM_FLAGS,
  PROGRAM_HEADER_BYTES,
  PROGRAM_MAGIC,
  PROGRAM_MAGIC_AT,
  PROGRAM_MAX_HITS,
  PROGRAM_RULES,
  PROGRAM_SIZE,
  PROGRAM_VERSION,
  PROGRAM_VERSION_AT,
  ROW_BYTES,
  STEP_BYTES,
  STEP_END,
  STEP_ITEM,
  STEP_MISS,
  STEP_NEXT,
  STEP_RULE,
  STEP_TESTS,
  STEP_VERDICT,
} from '../../assembly/abi/program.ts';
import { VERDICT_NONE } from '../../assembly/abi/verdict.ts';
import type { Test } from '../ir/ir.ts';
import { windowOf } from './cut.ts';
import { FIELD_OFFSET, FIELDS } from './fields.ts';
import type { ItemAction } from './flatten.ts';
import type { GuardedItem } from './guard.ts';
import { type CompiledChain, type ImageParts, roomFor } from './image-parts.ts';
import { ImageWords } from './image-words.ts';
import {
  type Leaf,
  STEP_WORDS,
  testsIn,
  verdictNumber,
  STEP_ASKED as WORD_ASKED,
  STEP_ITEM as WORD_ITEM,
  STEP_MISS as WORD_MISS,
  STEP_NEXT as WORD_NEXT,
} from './leaf.ts';
import { isStraight, layoutFields, leafLayouts } from './leaf-layout.ts';
import { emptyBlocks, type ItemRows, itemRows, rowFields, writeRows } from './leaf-rows.ts';
import { addressesWords, encodeTests } from './tests.ts';
import type { Tree } from './tree.ts';

/** Writes the image. */
export function writeImage(parts: ImageParts): Uint8Array {
  return new ImageWriter(parts).write();
}

/** Leaves of up to so many steps have their test programs beside them. */
const SHORT_LEAF_STEPS = 16;

const NO_ROWS = itemRows([]);

class ImageWriter extends ImageWords {
  private readonly parts: ImageParts;
  private readonly chainAt: number[] = [];
  private readonly itemsAt: number[] = [];
  private readonly leafAt: number[] = [];
  /** What leaves write of the items of each chain, once one of its leaves is written. */
  private readonly rowsOf: ItemRows[] = [];

  constructor(parts: ImageParts) {
    super(roomFor(parts));
    this.parts = parts;
  }

  write(): Uint8Array {
    const { chains, leaves } = this.parts;
    this.reserve(PROGRAM_HEADER_BYTES);
    for (let i = 0; i < chains.length; i++) this.chainAt.push(this.reserve(CHAIN_BYTES));
    for (const { flat } of chains) this.itemsAt.push(this.reserve(flat.items.length * ITEM_BYTES));
    // Test programs first of all words behind the items, so that no program has the offset 0.
    chains.forEach((chain, index) => {
      this.writeItems(chain, this.itemsAt[index]!);
    });
    const chainOfLeaf = this.chainOfLeaf();
    const fields = leaves.map(({ id, steps }) =>
      steps.length === 0 ? [] : rowFields(this.rows(chainOfLeaf[id]!), steps, LEAF_ROWS_MAX),
    );
    const layouts = leafLayouts(leaves, fields, chainOfLeaf, chains.length);
    chains.forEach(({ table }, index) => {
      if (table) this.put(this.chainAt[index]! + CHAIN_ABREAST, layouts[index]!);
    });
    const fixed = layouts.reduce((all, layout) => all | (layout & (CHAIN_ABREAST_FIVE | CHAIN_ABREAST_LONG)), 0);
    for (const leaf of leaves) {
      const chain = chainOfLeaf[leaf.id]!;
      // One without steps may be in several chains.
      const layout = leaf.steps.length === 0 ? fixed : layouts[chain]!;
      const own = layoutFields(layout, this.rows(chain), leaf.steps, fields[leaf.id]!);
      this.leafAt.push(this.writeLeaf(leaf, chain, own, (layout & CHAIN_ABREAST_LONG) !== 0));
    }
    chains.forEach((chain, index) => {
      this.writeChain(chain, index);
    });
    this.align();
    // Whatever a step leads to is read there as though it were TEST_ADDRESSES.
    if (layouts.some((layout) => (layout & CHAIN_ABREAST_LONG) !== 0)) this.reserve(4 + 4 * ADDRESSES_WORDS);
    this.writeHeader();
    return new Uint8Array(this.view.buffer, 0, this.end);
  }

  // ── Sections ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private writeHeader(): void {
    const { family, flags, ruleCount, maxHits, chains, counters } = this.parts;
    this.put(PROGRAM_MAGIC_AT, PROGRAM_MAGIC);
    this.put(PROGRAM_VERSION_AT, PROGRAM_VERSION);
    this.put(PROGRAM_SIZE, this.end);
    this.put(PROGRAM_FAMILY, family);
    this.put(PROGRAM_FLAGS, flags);
    this.put(PROGRAM_RULES, ruleCount);
    this.put(PROGRAM_COUNTERS, counters.count);
    this.put(PROGRAM_MAX_HITS, maxHits);
    chains.forEach(({ slot }, index) => {
      if (slot !== undefined) this.put(PROGRAM_CHAINS + 4 * slot, this.chainAt[index]!);
    });
  }

  private writeChain({ flat, table }: CompiledChain, index: number): void {
    const at = this.chainAt[index]!;
    const { id, verdict } = this.policyOf(index);
    this.put(at + CHAIN_ITEM_COUNT, flat.items.length);
    this.put(at + CHAIN_ITEMS, this.itemsAt[index]!);
    this.put(at + CHAIN_POLICY, id);
    this.put(at + CHAIN_POLICY_VERDICT, verdict);
    if (!table) return;
    const roots = table.trees.length > 1 ? this.reserve(table.trees.length * ENTRY_BYTES) : at + CHAIN_ROOT;
    if (table.trees.length > 1) this.put(at + CHAIN_TREES, roots);
    this.put(at + CHAIN_TREE_COUNT, table.trees.length);
    table.trees.forEach((tree, number) => {
      const { root, entries } = tree;
      const entriesAt = this.reserve(entries.length * ENTRY_BYTES);
      this.writeEntry(roots + number * ENTRY_BYTES, root, tree, entriesAt);
      for (let k = 0; k < entries.length; k++) this.writeEntry(entriesAt + k * ENTRY_BYTES, entries[k]!, tree, entriesAt);
    });
  }

  private writeEntry(at: number, to: number, { nodes, ends }: Tree, entriesAt: number): void {
    if (to >= 0) {
      this.put(at, this.leafAt[ends[to]!.id]!);
      this.put(at + 4, 0);
      return;
    }
    const { cut, first } = nodes[~to]!;
    this.put(at, entriesAt + first * ENTRY_BYTES);
    this.put(
      at + 4,
      ((windowOf(cut.bits) << CUT_MASK_SHIFT) | (FIELD_OFFSET[FIELDS[cut.field]!] << CUT_FIELD_SHIFT) | cut.shift) >>> 0,
    );
  }

  private writeItems({ flat, callee }: CompiledChain, at: number): void {
    flat.items.forEach((item, index) => {
      const base = at + index * ITEM_BYTES;
      this.put(base + ITEM_TESTS, this.testsAt(item.tests));
      this.put(base + ITEM_RULE, item.rule.id);
      this.writeAction(base, item.action, callee);
      this.put(base + ITEM_NEXT, item.next);
      this.put(base + ITEM_MISS, item.miss);
    });
  }

  private testsAt(tests: readonly Test[]): number {
    return tests.length === 0 ? 0 : this.shared(encodeTests(tests));
  }

  private writeAction(item: number, action: ItemAction, callee: (chain: string) => number): void {
    const { opcode, operand } = this.encodeAction(action, callee);
    this.put(item + ITEM_ACTION, opcode);
    this.put(item + ITEM_OPERAND, operand);
  }

  private encodeAction(action: ItemAction, callee: (chain: string) => number): { opcode: number; operand: number } {
    switch (action.kind) {
      case 'continue':
        return { opcode: ACTION_CONTINUE, operand: 0 };
      case 'verdict':
        return { opcode: ACTION_VERDICT, operand: verdictNumber(action.verdict) };
      case 'call':
        return { opcode: ACTION_CALL, operand: this.chainAt[callee(action.chain)]! };
      case 'goto':
        return { opcode: ACTION_GOTO, operand: this.chainAt[callee(action.chain)]! };
      case 'terminate':
      case 'effect': {
        const { opcode, operands } = action;
        const isWord = opcode === ACTION_VERDICT || opcode === ACTION_REJECT;
        return { opcode, operand: isWord ? (operands[0] ?? 0) : operands.length > 0 ? this.shared(operands) : 0 };
      }
    }
  }

  // ── Leaves ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** For each leaf the index of a chain that leads to it: the one its steps are items of. */
  private chainOfLeaf(): number[] {
    const chainOf: number[] = [];
    this.parts.chains.forEach(({ table }, index) => {
      for (const { ends } of table?.trees ?? []) for (const { id } of ends) chainOf[id] = index;
    });
    return chainOf;
  }

  private writeLeaf({ hits, verdict, by, steps }: Leaf, chain: number, fields: readonly number[], isLong: boolean): number {
    const count = steps.length / STEP_WORDS;
    const rows = count > 0 ? this.rows(chain) : NO_ROWS;
    const guarded = this.parts.chains[chain]!.guarded ?? [];
    const width = fields.length;
    const at = this.reserve(LEAF_BLOCKS);
    const blocks = Math.max(1, Math.ceil(count / BLOCK_STEPS));
    const blocksAt = this.room(blocks * width * ROW_BYTES);
    const stepsAt = this.room((count + 1) * STEP_BYTES);
    this.put(at + LEAF_ENTRY, at);
    this.put(at + LEAF_COUNTER, this.parts.counters.of(hits) ?? NO_COUNTER);
    this.put(at + LEAF_VERDICT, verdict);
    this.put(at + LEAF_BY, by);
    this.put(at + LEAF_ITEM, count > 0 ? this.itemsAt[chain]! + steps[WORD_ITEM]! * ITEM_BYTES : ENDING_BEHIND);
    this.put(at + LEAF_STEP_COUNT, count);
    this.put(at + LEAF_STEPS, stepsAt);
    this.view.setUint8(at + LEAF_ROWS, width);
    this.view.setUint8(at + LEAF_FLAGS, isStraight(steps) ? LEAF_STRAIGHT : 0);
    fields.forEach((field, row) => {
      this.view.setUint8(at + LEAF_FIELDS + row, FIELD_OFFSET[FIELDS[field]!]);
    });
    this.words([hits.length, ...hits]);
    emptyBlocks(this.view, blocksAt, blocks, width);
    for (let k = 0; k < count; k++) {
      const lane = blocksAt + Math.floor(k / BLOCK_STEPS) * width * ROW_BYTES + (k % BLOCK_STEPS) * 4;
      const words = k * STEP_WORDS;
      const item = steps[words + WORD_ITEM]!;
      const left = writeRows(this.view, lane, rows, item, steps[words + WORD_ASKED]!, fields);
      const step = stepsAt + k * STEP_BYTES;
      this.put(step + STEP_ITEM, this.itemsAt[chain]! + item * ITEM_BYTES);
      this.put(step + STEP_NEXT, steps[words + WORD_NEXT]!);
      this.put(step + STEP_MISS, steps[words + WORD_MISS]!);
      this.put(step + STEP_TESTS, this.stepTestsAt(guarded[item]!, item, left, rows, count <= SHORT_LEAF_STEPS, isLong));
      this.put(step + STEP_RULE, rows.rule[item]!);
      this.put(step + STEP_VERDICT, rows.verdict[item]!);
    }
    this.writeEnding(stepsAt + count * STEP_BYTES, count === 0 ? { id: by, verdict } : this.policyOf(chain));
    return at;
  }

  /** The step behind the last one of a leaf. */
  private writeEnding(at: number, { id, verdict }: { readonly id: number; readonly verdict: number }): void {
    this.put(at + STEP_NEXT, STEP_END);
    this.put(at + STEP_MISS, STEP_END);
    this.put(at + STEP_ITEM, ENDING_BEHIND);
    this.put(at + STEP_RULE, id);
    this.put(at + STEP_VERDICT, verdict);
  }

  private policyOf(chain: number): { readonly id: number; readonly verdict: number } {
    const { policy } = this.parts.chains[chain]!.flat.chain;
    return policy ? { id: policy.id, verdict: verdictNumber(policy.verdict) } : { id: NO_COUNTER, verdict: VERDICT_NONE };
  }

  private rows(chain: number): ItemRows {
    this.rowsOf[chain] ??= itemRows(this.parts.chains[chain]!.guarded ?? []);
    return this.rowsOf[chain];
  }

  /** A short leaf has its tests behind its steps, where they are in the cache already; others share equal programs. */
  private stepTestsAt(
    guarded: GuardedItem,
    item: number,
    left: number,
    rows: ItemRows,
    isBeside: boolean,
    isLong: boolean,
  ): number {
    if (left === 0) return 0;
    if ((isLong || !isBeside) && rows.left[item] === left) return rows.program[item]!;
    const tests = testsIn(guarded, left);
    const addresses = isLong ? addressesWords(tests) : undefined;
    if (!addresses && isBeside) return this.words(encodeTests(tests));
    rows.left[item] = left;
    rows.program[item] = this.shared(addresses ?? encodeTests(tests));
    return rows.program[item]!;
  }
}
