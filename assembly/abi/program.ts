// A compiled ruleset (one address family) as it lies in memory: little-endian u32 words, every offset in bytes from the
// image's first byte, every section 16-byte aligned.
//
//   header | chain table | chain programs | items | tests and operands | nodes | leaves
//
// Rules have ids: 0 … rules-1 in the order of the ruleset text (tables, chains, rules), then one id for each base chain's
// policy. Counters are an array of COUNTER_BYTES in each shard: first one for each rule and policy id, then one for each set
// of ids that leaves count together. Such a counter stands for every rule (and the policy) in its set; the compiler's
// `ruleCounters` adds them up when asked.

export const PROGRAM_MAGIC: u32 = 0x4b4c4b48; // "HKLK"
export const PROGRAM_VERSION: u32 = 4;

// Header.
export const PROGRAM_MAGIC_AT: u32 = 0;
export const PROGRAM_VERSION_AT: u32 = 4;
/** Bytes of the whole image. */
export const PROGRAM_SIZE: u32 = 8;
/** 4 or 6. */
export const PROGRAM_FAMILY: u32 = 12;
/** PROGRAM_* flag bits. */
export const PROGRAM_FLAGS: u32 = 16;
/** Number of rules (ids below it are rules, ids from it on are policies). */
export const PROGRAM_RULES: u32 = 20;
/** Number of counters: rules + policies + sets of ids that leaves count together. */
export const PROGRAM_COUNTERS: u32 = 24;
/** Most rule ids and policies that one traversal can hit, at most TRACE_MAX (abi/batch.ts); for the size of the trace arena. */
export const PROGRAM_MAX_HITS: u32 = 28;
/** Chain table: TABLES x HOOKS words, offset of the base chain's program, 0 = the chain (or table) is not there. */
export const PROGRAM_CHAINS: u32 = 32;
/** Five tables of five hooks. */
export const PROGRAM_HEADER_BYTES: u32 = 144; // 32 + 25 * 4, rounded up to 16

/** Some rule asks for conntrack, so the kernel tracks this family. */
export const PROGRAM_USES_CONNTRACK: u32 = 1;
/** Some test reads PACKET_SRC_TYPE or PACKET_DST_TYPE. */
export const PROGRAM_NEEDS_ADDRTYPE: u32 = 2;
/** The nat table is there. */
export const PROGRAM_HAS_NAT: u32 = 4;
/** Some rule makes the kernel count packets and bytes of every connection, whatever nf_conntrack_acct says. */
export const PROGRAM_COUNTS_CONNECTIONS: u32 = 8;
/** Fragments are put together before the rules of PREROUTING and OUTPUT see them, also where connections are not tracked. */
export const PROGRAM_DEFRAGMENTS: u32 = 16;

// Tables and hooks, in the order of the chain table's rows and columns.
export const TABLE_RAW: u32 = 0;
export const TABLE_MANGLE: u32 = 1;
export const TABLE_NAT: u32 = 2;
export const TABLE_FILTER: u32 = 3;
export const TABLE_SECURITY: u32 = 4;
export const TABLES: u32 = 5;
/** enum nf_inet_hooks. */
export const HOOK_PREROUTING: u32 = 0;
export const HOOK_INPUT: u32 = 1;
export const HOOK_FORWARD: u32 = 2;
export const HOOK_OUTPUT: u32 = 3;
export const HOOK_POSTROUTING: u32 = 4;
export const HOOKS: u32 = 5;

// Chain program: a base chain, or a user chain that is called.
/** Number of items. */
export const CHAIN_ITEM_COUNT: u32 = 0;
/** Offset of the item array. */
export const CHAIN_ITEMS: u32 = 4;
/** CHAIN_ABREAST_* bits: whether its trees can be asked for many packets abreast, and what of. */
export const CHAIN_ABREAST: u32 = 8;
/** Counter id of the policy; NO_COUNTER for a user chain. It and the verdict stand where a step has its own, behind a word that is 0. */
export const CHAIN_POLICY: u32 = 16;
/** VERDICT_ACCEPT or VERDICT_DROP. */
export const CHAIN_POLICY_VERDICT: u32 = 20;
/**
 * Number of decision trees, 0 or 1 = CHAIN_ROOT alone (or linear walk). With more, each holds some of the chain's items; their
 * leaves have no constant part, and the steps of all leaves that a packet comes to are taken in the order of their items.
 */
export const CHAIN_TREE_COUNT: u32 = 24;
/** Offset of the trees' root entries when there are several. */
export const CHAIN_TREES: u32 = 28;
/** Root entry of the only decision tree as two words (a node entry), or 0 0. */
export const CHAIN_ROOT: u32 = 32;
export const CHAIN_BYTES: u32 = 48;

/** They can: its leaves are straight. */
export const CHAIN_ABREAST_YES: u32 = 1;
/** The rows of all leaves are those of the first word of each address, of the ports and of the protocol. */
export const CHAIN_ABREAST_FIVE: u32 = 2;
/** Some leaves count more than what ends them. */
export const CHAIN_ABREAST_COUNTS: u32 = 4;
/** As CHAIN_ABREAST_FIVE, but of each address one word, which the leaf names; TEST_ADDRESSES asks the others of a step. */
export const CHAIN_ABREAST_LONG: u32 = 8;

export const NO_COUNTER: u32 = 0xffffffff;

// Item: one rule as it stands in one place of one flattened chain.
/** Offset of the test program; 0 = matches always. */
export const ITEM_TESTS: u32 = 0;
/** Rule id to count; NO_COUNTER for a synthetic item. */
export const ITEM_RULE: u32 = 4;
/** ACTION_* opcode. */
export const ITEM_ACTION: u32 = 8;
/** Offset of the action's operands; for one-word operands the word itself (ACTION_VERDICT, ACTION_CALL, ACTION_GOTO, ACTION_REJECT). */
export const ITEM_OPERAND: u32 = 12;
/** Index of the item to go on with after a match; CHAIN_ITEM_COUNT = the end of the chain. */
export const ITEM_NEXT: u32 = 16;
/** Index of the item to go on with after a miss. */
export const ITEM_MISS: u32 = 20;
export const ITEM_BYTES: u32 = 32;

// Decision table. An entry is two words. Node: word 0 = offset of its children (entries), word 1 = mask << 16 | offset of the field in
// the packet record << 8 | shift, with a mask of 1 to 16 low bits: child = (field >> shift) & mask. Leaf: word 0 = offset of the leaf,
// word 1 = 0.
export const ENTRY_TARGET: u32 = 0;
export const ENTRY_CUT: u32 = 4;
export const ENTRY_BYTES: u32 = 8;
export const CUT_MASK_SHIFT: u32 = 16;
export const CUT_FIELD_SHIFT: u32 = 8;
export const CUT_FIELD_MASK: u32 = 0xff;
export const CUT_SHIFT_MASK: u32 = 31;

// Leaf: a constant part, then steps. The constant part is every item that certainly matches before the first step; all its ids
// are counted by adding to one counter. With no steps the leaf is constant: LEAF_VERDICT ends the run. Where a constant leaf
// ends in the policy, the policy's id is the last of its ids and LEAF_VERDICT is the policy's; so nobody else counts it. At the
// end of steps (and of an item list walked linearly) the walk itself counts the policy.
/** A leaf begins with its own entry, so that a look-up that has arrived may go on going down without leaving it. */
export const LEAF_ENTRY: u32 = 0;
/** Offset of the item of the first step; ENDING_BEHIND = there is none. */
export const LEAF_ITEM: u32 = 8;
/** u8: rows of each block. */
export const LEAF_ROWS: u32 = 12;
/** u8: LEAF_STRAIGHT. */
export const LEAF_FLAGS: u32 = 13;
/** Counter id of the rule or policy that decides a constant leaf; NO_COUNTER when LEAF_VERDICT is VERDICT_NONE. */
export const LEAF_BY: u32 = 16;
/** VERDICT_* of a constant leaf; VERDICT_NONE with steps, and for a called chain that returns to its caller. */
export const LEAF_VERDICT: u32 = 20;
/** Counter of the constant part: the id itself when there is one, else a counter of the set; NO_COUNTER when there is none. */
export const LEAF_COUNTER: u32 = 24;
/** Number of steps. */
export const LEAF_STEP_COUNT: u32 = 28;
/**
 * Offset of the steps, and behind the last one one more: the ending of those that no step stops, which asks nothing and is behind every
 * item. Then lie there the number of ids of the constant part, those ids in the order met, and (of a short leaf) the steps' test programs.
 */
export const LEAF_STEPS: u32 = 32;
/** The field of each row: LEAF_ROWS_MAX bytes, its offset in the packet record. */
export const LEAF_FIELDS: u32 = 36;
/**
 * The blocks: one for each four steps (the last may stand for fewer). A row says of one field where it must be for each of the four: four
 * words `low`, then four words `span`; a step is worth asking only if field - low <= span, unsigned, in all rows.
 */
export const LEAF_BLOCKS: u32 = 48;
/** Addresses of IPv6, ports and the protocol have eleven. */
export const LEAF_ROWS_MAX: u32 = 12;
export const BLOCK_STEPS: u32 = 4;
export const ROW_SPAN: u32 = 16;
export const ROW_BYTES: u32 = 32;
/** A miss of every step leads to the next one. */
export const LEAF_STRAIGHT: u32 = 1;

// Step: an item of the leaf that must be asked, or has an effect.
/** Step index after a match; STEP_END = end of the chain; LEAF_STEP_COUNT = behind the tree's last step. */
export const STEP_NEXT: u32 = 0;
/** Step index after a miss, as STEP_NEXT. */
export const STEP_MISS: u32 = 4;
/** Offset of the item, which tells what comes first; ENDING_BEHIND = behind every item. */
export const STEP_ITEM: u32 = 8;
export const ENDING_BEHIND: u32 = 0xffffffff;
/** Offset of the test program that is left to ask where the step's place in its block holds; 0 = none: the item matches. */
export const STEP_TESTS: u32 = 12;
/** ITEM_RULE of the item, and the VERDICT_* or CHAIN_* that it ends the run with; VERDICT_NONE = it goes on. */
export const STEP_RULE: u32 = 16;
export const STEP_VERDICT: u32 = 20;
export const STEP_BYTES: u32 = 24;
export const STEP_END: u32 = 0xffffffff;

// Counters.
/** u64 packets. */
export const COUNTER_PACKETS: u32 = 0;
/** u64 bytes: the layer-3 length, as the kernel's skb->len at that hook. */
export const COUNTER_BYTES_AT: u32 = 8;
export const COUNTER_BYTES: u32 = 16;

/** Chains not inlined that may be entered one inside the other. */
export const WALK_STACK_MAX: u32 = 16384;
/** Return address of the walk: the list to go on with (a leaf, or 0 and the chain's items) and the place in it. */
export const WALK_LEAF: u32 = 0;
export const WALK_CHAIN: u32 = 4;
export const WALK_NEXT: u32 = 8;
export const WALK_FRAME_BYTES: u32 = 16;
