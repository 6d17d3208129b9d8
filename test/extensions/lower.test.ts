// What matches and targets come to in IR, where their print does not show it.

import { describe, expect, it } from 'vitest';
import * as abi from '../../assembly/abi/opcode.ts';
import {
  CTSTATE_ESTABLISHED,
  CTSTATE_NEW,
  PKTTYPE_BROADCAST,
  PKTTYPE_HOST,
  PKTTYPE_LOOPBACK,
  PKTTYPE_MULTICAST,
  RTN_LOCAL,
  RTN_MULTICAST,
  RTN_UNICAST,
  RTN_UNREACHABLE,
} from '../../assembly/abi/packet.ts';
import { CHAIN_PASSED, VERDICT_QUEUE } from '../../assembly/abi/verdict.ts';
import { extensions } from '../../src/extensions/index.ts';
import type { Action, Family, Field, Test } from '../../src/ir/ir.ts';
import { interfaceUniverse } from '../../src/ruleset/interfaces.ts';
import { lowerRuleset, NOT_EVALUATED } from '../../src/ruleset/lower.ts';
import { parseRuleset } from '../../src/ruleset/parser.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';

interface Lowered {
  /** Without the tests of `-p`, which stand in front. */
  readonly tests: readonly Test[];
  readonly action: Action;
  readonly usesConntrack: boolean;
}

function lower(rule: string, family: Family = 4, table = 'filter', chain = 'FORWARD'): Lowered {
  const diagnostics = new Diagnostics();
  const source = { name: 'case', text: `*${table}\n-A ${chain} ${rule}\nCOMMIT\n` };
  const tree = parseRuleset(source, family, extensions, diagnostics);
  const ruleset = lowerRuleset(tree, interfaceUniverse([tree], []), diagnostics);
  expect(diagnostics.list.filter(({ severity }) => severity === 'error')).toEqual([]);
  const found = ruleset.tables.flatMap(({ chains }) => chains).flatMap(({ rules }) => rules)[0]!;
  const isProtocol = (test: Test): boolean =>
    test.kind === 'ask' ? test.opcode === abi.TEST_IPV6_PROTO : 'field' in test && test.field === 'proto';
  return { tests: found.tests.filter((test) => !isProtocol(test)), action: found.action, usesConntrack: ruleset.usesConntrack };
}

type Packet = Partial<Record<Field, number>>;

/** Answers pure tests; a question for the core counts as yes. */
function holds(test: Test, packet: Packet): boolean {
  if (test.kind === 'ask') return true;
  if (test.kind === 'not') return !test.tests.every((inner) => holds(inner, packet));
  const value = packet[test.field] ?? 0;
  if (test.kind === 'mask') return ((value & test.mask) >>> 0 === test.value) !== test.negate;
  const ranges = test.kind === 'range' ? [[test.low, test.high] as const] : test.ranges;
  return ranges.some(([low, high]) => low <= value && value <= high) !== test.negate;
}

function matches(rule: string, packet: Packet, family: Family = 4): boolean {
  return lower(rule, family).tests.every((test) => holds(test, packet));
}

describe('transport matches', () => {
  it.each([
    ['-p tcp -m tcp --dport 1', 20, abi.TRANSPORT_HOTDROP_OFFSET_1],
    ['-p udp -m udp --dport 1', 8, 0],
    ['-p sctp -m sctp --dport 1', 12, 0],
    ['-p dccp -m dccp --dport 1', 12, 0],
    ['-p icmp -m icmp --icmp-type any', 8, 0],
    ['-p dccp -m multiport --ports 1', 4, 0],
  ])('%s asks for %i bytes of header first', (rule, bytes, flags) => {
    const ask = { kind: 'ask', opcode: abi.TEST_TRANSPORT, operands: [bytes, flags], negate: false, effect: true };
    expect(lower(rule).tests[0]).toEqual(ask);
  });

  it('the header is asked for even when nothing else is', () => {
    expect(lower('-p tcp -m tcp').tests).toHaveLength(1);
  });

  it('a range that ends before it begins holds no port', () => {
    for (const sport of [0, 8, 9, 65535]) expect(matches('-p udp -m udp --sport 9:8', { sport })).toBe(false);
    expect(matches('-p udp -m udp ! --sport 9:8', { sport: 8 })).toBe(true);
  });

  it('every port inverted never matches, though iptables prints neither', () => {
    expect(matches('-p tcp -m tcp ! --dport :', { dport: 80 })).toBe(false);
    expect(matches('-p sctp -m sctp ! --dport :', { dport: 80 })).toBe(false);
  });

  it('flags that the mask leaves out can never be set', () => {
    expect(matches('-p tcp -m tcp --tcp-flags NONE SYN', { tcpFlags: 2 })).toBe(false);
    expect(matches('-p tcp -m tcp ! --tcp-flags NONE SYN', { tcpFlags: 2 })).toBe(true);
    expect(matches('-p tcp -m tcp ! --tcp-flags NONE NONE', { tcpFlags: 0 })).toBe(false);
  });

  it('ECE and CWR do not count', () => {
    expect(matches('-p tcp -m tcp --tcp-flags ALL SYN', { tcpFlags: 0xc2 })).toBe(true);
  });

  it('a TCP option is asked for last, for it may drop', () => {
    const last = lower('-p tcp -m tcp --tcp-option 4 --dport 1 --syn').tests.at(-1);
    expect(last).toEqual({ kind: 'ask', opcode: abi.TEST_TCP_OPTION, operands: [4], negate: false, effect: true });
  });

  it('--ports asks for either port', () => {
    const rule = '-p tcp -m multiport --ports 80,1000:2000';
    for (const [sport, dport, expected] of [
      [80, 1, true],
      [1, 1500, true],
      [81, 999, false],
    ] as const) {
      expect(matches(rule, { sport, dport })).toBe(expected);
      expect(matches(rule.replace('--ports', '! --ports'), { sport, dport })).toBe(!expected);
    }
  });

  it('type 255 stands for every type of ICMP, but not of ICMPv6', () => {
    expect(matches('-p icmp -m icmp --icmp-type 255/3', { icmp: 0x0800 })).toBe(true);
    expect(matches('-p icmp -m icmp ! --icmp-type any', { icmp: 0x0800 })).toBe(false);
    expect(matches('-p icmpv6 -m icmp6 --icmpv6-type 255', { icmp: 0x8000 }, 6)).toBe(false);
  });

  it('a type without a code holds for every code', () => {
    for (const code of [0, 7, 255]) expect(matches('-p icmp -m icmp --icmp-type 3', { icmp: 0x300 | code })).toBe(true);
    expect(matches('-p icmp -m icmp --icmp-type 3/4', { icmp: 0x305 })).toBe(false);
    expect(matches('-p icmp -m icmp --icmp-type 3/5:4', { icmp: 0x305 })).toBe(false);
  });
});

describe('matches on header fields', () => {
  it('nothing is below 0 or above 255', () => {
    for (const ttl of [0, 255]) {
      expect(matches('-m ttl --ttl-lt 0', { ttl })).toBe(false);
      expect(matches('-m ttl --ttl-gt 255', { ttl })).toBe(false);
    }
    expect(matches('-m ttl --ttl-lt 1', { ttl: 0 })).toBe(true);
    expect(matches('-m hl --hl-gt 254', { ttl: 255 }, 6)).toBe(true);
  });

  it('dscp reads the upper six bits of the byte', () => {
    expect(matches('-m dscp --dscp 46', { tos: 0xbb })).toBe(true);
    expect(matches('-m dscp --dscp 46', { tos: 0x2e })).toBe(false);
    expect(matches('-m ecn --ecn-ip-ect 2', { tos: 0xba })).toBe(true);
    expect(matches('-m ecn ! --ecn-ip-ect 2', { tos: 0xba })).toBe(false);
  });

  it('an IPv6 range is asked as one 128-bit number', () => {
    expect(lower('-m iprange ! --dst-range ::1-1::', 6).tests).toEqual([
      {
        kind: 'ask',
        opcode: abi.TEST_ADDRESS_RANGE,
        field: 'dst0',
        operands: [0, 0, 0, 1, 0x10000, 0, 0, 0],
        negate: true,
        effect: false,
      },
    ]);
  });

  it('a reversed address range never matches, its inverse always', () => {
    expect(matches('-m iprange --src-range 9.0.0.0-8.0.0.0', { src0: 0x08000000 })).toBe(false);
    expect(matches('-m iprange ! --src-range 9.0.0.0-8.0.0.0', { src0: 0x08000000 })).toBe(true);
    expect(lower('-m iprange ! --src-range 2::-1::', 6).tests).toEqual([]);
  });
});

describe('pkttype', () => {
  const group = 0xe0000001;
  it.each([
    ['unicast', PKTTYPE_HOST, 0, true],
    ['unicast', PKTTYPE_LOOPBACK, 0, false],
    ['multicast', PKTTYPE_MULTICAST, 0, true],
    ['multicast', PKTTYPE_LOOPBACK, group, true],
    ['multicast', PKTTYPE_LOOPBACK, 0, false],
    ['broadcast', PKTTYPE_BROADCAST, group, true],
    ['broadcast', PKTTYPE_LOOPBACK, 0, true],
    ['broadcast', PKTTYPE_LOOPBACK, group, false],
  ])('%s of a packet of type %i to %i: %s', (name, pkttype, dst0, expected) => {
    expect(matches(`-m pkttype --pkt-type ${name}`, { pkttype, dst0 })).toBe(expected);
    expect(matches(`-m pkttype ! --pkt-type ${name}`, { pkttype, dst0 })).toBe(!expected);
  });

  it('an IPv6 packet that is looped back is multicast', () => {
    expect(matches('-m pkttype --pkt-type multicast', { pkttype: PKTTYPE_LOOPBACK }, 6)).toBe(true);
    expect(matches('-m pkttype --pkt-type broadcast', { pkttype: PKTTYPE_LOOPBACK }, 6)).toBe(false);
  });
});

describe('addrtype', () => {
  it('one of the types is enough for IPv4', () => {
    expect(matches('-m addrtype --dst-type LOCAL,MULTICAST', { dstType: 1 << RTN_MULTICAST })).toBe(true);
    expect(matches('-m addrtype ! --dst-type LOCAL', { dstType: 1 << RTN_UNICAST })).toBe(true);
  });

  it('IPv6 wants every property of the address and one of what routing says', () => {
    const own = (1 << RTN_UNICAST) | (1 << RTN_LOCAL);
    const away = (1 << RTN_UNICAST) | (1 << RTN_UNREACHABLE);
    expect(matches('-m addrtype --dst-type LOCAL', { dstType: own }, 6)).toBe(true);
    expect(matches('-m addrtype --dst-type UNICAST', { dstType: own }, 6)).toBe(true);
    expect(matches('-m addrtype --dst-type UNICAST,LOCAL', { dstType: 1 << RTN_UNICAST }, 6)).toBe(false);
    expect(matches('-m addrtype --dst-type LOCAL,UNREACHABLE', { dstType: away }, 6)).toBe(true);
    expect(matches('-m addrtype --dst-type UNICAST,MULTICAST', { dstType: own }, 6)).toBe(false);
    expect(matches('-m addrtype ! --dst-type UNICAST,MULTICAST', { dstType: own }, 6)).toBe(true);
  });

  it('a limit makes it a question for the core', () => {
    const flags = abi.ADDRTYPE_LIMIT_IN | abi.ADDRTYPE_INVERT_DESTINATION;
    expect(lower('-m addrtype ! --dst-type LOCAL --limit-iface-in').tests).toEqual([
      { kind: 'ask', opcode: abi.TEST_ADDRTYPE, operands: [0, 1 << RTN_LOCAL, flags], negate: false, effect: false },
    ]);
  });
});

describe('conntrack', () => {
  it('states alone are a pure test', () => {
    const rule = '-m conntrack --ctstate NEW,ESTABLISHED';
    expect(lower(rule).tests.every(({ kind }) => kind !== 'ask')).toBe(true);
    expect(lower(rule).usesConntrack).toBe(true);
    for (const ctstate of [CTSTATE_NEW, CTSTATE_ESTABLISHED]) {
      expect(matches(rule, { ctstate })).toBe(true);
      expect(matches('-m state ! --state NEW,ESTABLISHED', { ctstate })).toBe(false);
    }
  });

  it('what needs the entry carries the state too', () => {
    const { tests } = lower('-m conntrack --ctstate NEW ! --ctorigsrc 10.0.0.0/8 --ctorigdstport 80:90 --ctdir REPLY');
    const ask = tests.at(-1)!;
    if (ask.kind !== 'ask') throw new Error('not a question');
    const { ORIGSRC, ORIGDST_PORT, DIRECTION, STATE } = {
      ORIGSRC: abi.CONNTRACK_ASK_ORIGSRC,
      ORIGDST_PORT: abi.CONNTRACK_ASK_ORIGDST_PORT,
      DIRECTION: abi.CONNTRACK_ASK_DIRECTION,
      STATE: abi.CONNTRACK_ASK_STATE,
    };
    expect(tests).toHaveLength(2);
    expect(ask.operands).toHaveLength(abi.CONNTRACK_WORDS);
    expect(ask.operands[abi.CONNTRACK_FLAGS]).toBe(STATE | ORIGSRC | ORIGDST_PORT | DIRECTION | ((ORIGSRC | DIRECTION) << 16));
    expect(ask.operands[abi.CONNTRACK_STATE]).toBe(CTSTATE_NEW);
    expect(ask.operands[abi.CONNTRACK_ORIGSRC]).toBe(0x0a000000);
    expect(ask.operands[abi.CONNTRACK_ORIGSRC_MASK]).toBe(0xff000000);
    expect(ask.operands[abi.CONNTRACK_ORIGDST_PORT]).toBe((80 << 16) | 90);
  });

  it('keeping it from a packet does not turn it on', () => {
    for (const target of ['NOTRACK', 'CT --notrack']) {
      const { action, usesConntrack } = lower(`-j ${target}`, 4, 'raw', 'PREROUTING');
      expect(action).toMatchObject({ kind: 'effect', opcode: abi.ACTION_NOTRACK, changes: ['ctstate'] });
      expect(usesConntrack).toBe(false);
    }
  });
});

describe('matches and targets that end, go on, or cannot be evaluated yet', () => {
  it.each([
    ['-j REJECT', 4, 0x303],
    ['-j REJECT --reject-with icmp-admin-prohibited', 4, 0x30d],
    ['-p tcp -j REJECT --reject-with tcp-reset', 4, abi.REJECT_TCP_RESET],
    ['-j REJECT', 6, 0x104],
    ['-j REJECT --reject-with icmp6-policy-fail', 6, 0x105],
  ] as const)('%s (IPv%i) answers %i', (rule, family, operand) => {
    const action = { kind: 'terminate', opcode: abi.ACTION_REJECT, operands: [operand], name: 'REJECT' };
    expect(lower(rule, family).action).toEqual(action);
  });

  it.each([
    ['--set-mark 0x10/0xf', 0xffffffe0, 0x10],
    ['--set-xmark 0x10/0xf', 0xfffffff0, 0x10],
    ['--and-mark 0xff', 0xff, 0],
    ['--or-mark 0xff', 0xffffff00, 0xff],
    ['--xor-mark 0xff', 0xffffffff, 0xff],
  ])('MARK %s keeps the bits %i and flips %i', (options, and, xor) => {
    expect(lower(`-j MARK ${options}`, 4, 'mangle').action).toMatchObject({ operands: [and, xor], changes: ['mark'] });
  });

  it.each([
    ['--set-mark 1/2', [abi.CONNMARK_SET, 1, 3, 0, 0], []],
    ['--save-mark --nfmask 1 --ctmask 2', [abi.CONNMARK_SAVE, 2, 1, 0, 0], []],
    ['--save-mark --left-shift-mark 4', [abi.CONNMARK_SAVE, 0xffffffff, 0xffffffff, 4, 0], []],
    ['--restore-mark --nfmask 1 --ctmask 2', [abi.CONNMARK_RESTORE, 2, 1, 0, 0], ['mark']],
  ])('CONNMARK %s', (options, operands, changes) => {
    expect(lower(`-j CONNMARK ${options}`, 4, 'mangle').action).toMatchObject({ operands, changes });
  });

  it.each([
    ['TOS --set-tos 0xb8/0xff', 4, abi.ACTION_TOS, [0, 0xb8], ['tos']],
    ['TOS --and-tos 0x0f', 6, abi.ACTION_TOS, [0x0f, 0], ['tos']],
    ['DSCP --set-dscp-class EF', 4, abi.ACTION_TOS, [3, 0xb8], ['tos']],
    ['TTL --ttl-set 1', 4, abi.ACTION_TTL, [abi.TTL_SET, 1], ['ttl']],
    ['HL --hl-dec 2', 6, abi.ACTION_TTL, [abi.TTL_DEC, 2], ['ttl']],
    ['ECN --ecn-ip-ect 2', 4, abi.ACTION_ECN, [abi.ECN_IP | 2, 0, 0], ['tos', 'tcpFlags']],
  ] as const)('%s (IPv%i) changes the packet', (target, family, opcode, operands, changes) => {
    expect(lower(`-j ${target}`, family, 'mangle').action).toMatchObject({ opcode, operands, changes });
  });

  it.each([
    ['-j ECN --ecn-tcp-remove', abi.ACTION_ECN, [0, 0xc0, 0], ['tos', 'tcpFlags']],
    ['-j ECN --ecn-tcp-ece 1', abi.ACTION_ECN, [0, 0x40, 0x40], ['tos', 'tcpFlags']],
    ['-m tcp --syn -j TCPMSS --set-mss 9', abi.ACTION_TCPMSS, [9], ['length']],
    ['-m tcp --syn -j TCPMSS --clamp-mss-to-pmtu', abi.ACTION_TCPMSS, [abi.TCPMSS_PATH], ['length']],
    ['-j TCPOPTSTRIP --strip-options mss,32,255', abi.ACTION_TCPOPTSTRIP, [4, 1, 0, 0, 0, 0, 0, 0x80000000], []],
  ])('-p tcp %s changes the packet', (rule, opcode, operands, changes) => {
    expect(lower(`-p tcp ${rule}`, 4, 'mangle').action).toMatchObject({ opcode, operands, changes });
  });

  it.each([
    'LOG',
    'NFLOG',
    'AUDIT --type drop',
    'CLASSIFY --set-class 1:1',
    'IDLETIMER --timeout 1 --label a',
    'LED --led-trigger-id a',
    'ULOG',
  ])('%s goes on', (target) => {
    expect(lower(`-j ${target}`).action).toEqual({ kind: 'continue' });
  });

  it('NFQUEUE ends as QUEUE does; with --queue-bypass it lets through what nobody takes', () => {
    const action = { kind: 'terminate', opcode: abi.ACTION_VERDICT, operands: [VERDICT_QUEUE], name: 'NFQUEUE' };
    expect(lower('-j NFQUEUE --queue-balance 1:3').action).toEqual(action);
    expect(lower('-j NFQUEUE --queue-bypass').action).toEqual({ ...action, operands: [CHAIN_PASSED] });
  });

  it.each([['-m bpf --object-pinned /sys/fs/bpf/x', 'filter', 'FORWARD']])('%s is not evaluated yet', (rule, table, chain) => {
    expect(() => lower(rule, 4, table, chain)).toThrow(NOT_EVALUATED);
  });

  it.each([
    ['-j CT --zone 1', 'raw', 'PREROUTING'],
    ['-j DNAT --to-destination 192.0.2.1', 'nat', 'PREROUTING'],
    ['-p tcp -j SYNPROXY', 'filter', 'FORWARD'],
    ['-m connlimit --connlimit-above 9', 'filter', 'FORWARD'],
    ['-m connbytes --connbytes 9 --connbytes-mode bytes --connbytes-dir both', 'filter', 'FORWARD'],
    ['-m connlabel --label 1', 'filter', 'FORWARD'],
    ['-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 1', 'filter', 'FORWARD'],
    ['-m helper --helper ftp', 'filter', 'FORWARD'],
    ['-j CONNSECMARK --save', 'mangle', 'FORWARD'],
  ])('%s has the kernel track connections', (rule, table, chain) => {
    const diagnostics = new Diagnostics();
    const tree = parseRuleset({ name: 'case', text: `*${table}\n-A ${chain} ${rule}\nCOMMIT\n` }, 4, extensions, diagnostics);
    expect(lowerRuleset(tree, interfaceUniverse([tree], []), diagnostics).usesConntrack).toBe(true);
  });
});
