// Where a rule goes: -j and -g, to a chain, a standard verdict or a target extension.
//
// Ref: iptables 1.8.9, iptables/xshared.c:command_jump(), iptables/iptables.c:do_command4(), libiptc/libiptc.c:iptcc_map_target()

import { byteLength } from '../text/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { addLoaded, type Command, fail, NAME_BYTES_MAX } from './command.ts';
import type { Argument } from './extension.ts';
import { createInstance } from './instance.ts';

const STANDARD = ['ACCEPT', 'DROP', 'QUEUE', 'RETURN'] as const;
type Standard = (typeof STANDARD)[number];

export function isStandard(name: string): name is Standard {
  return STANDARD.includes(name as Standard);
}

/** Resolves what -j or -g names. */
export function setJump(command: Command, jump: 'jump' | 'goto', written: Argument, value: Argument): void {
  const { context } = command;
  const { text: name, span } = value;
  const chain = context.chain(name);
  if (name === '' || byteLength(name) > NAME_BYTES_MAX || /\s/.test(name)) {
    fail(command, 'bad-name', `"${name}" is no name of a target: ${NAME_BYTES_MAX} characters at most, no blanks`, span);
  } else if (chain?.isBase) {
    fail(
      command,
      'jump-to-base-chain',
      `${written.text} cannot lead to the base chain ${name}: only user chains can be jumped to`,
      span,
    );
  } else if (chain) {
    // The chain's own string: it is looked up many times, and is found fastest as the very same one.
    command.jump = { kind: 'chain', jump, chain: chain.name, span };
  } else if (jump === 'goto') {
    command.jump = { kind: 'unresolved', jump, name, span };
  } else if (isStandard(name)) {
    command.jump = { kind: 'standard', verdict: name, span };
  } else {
    loadTarget(command, name, value);
  }
}

function loadTarget(command: Command, name: string, value: Argument): void {
  const { registry, family } = command.context;
  const extension = registry.target(name, family);
  if (extension) {
    command.jump = { kind: 'extension', instance: createInstance(extension, family, value.span) };
    addLoaded(command, extension);
  } else if (registry.isKnown('target', name, family)) {
    reportNoExtension(command, 'target', name, value);
  } else {
    command.jump = { kind: 'unresolved', jump: 'jump', name, span: value.span };
    command.opaque = true;
  }
}

/** Reports a match or target that cannot be loaded. The words behind it may be its options, so nothing more is said about those. */
export function reportNoExtension(command: Command, kind: 'match' | 'target', name: string, value: Argument): void {
  const { registry, family } = command.context;
  const other = family === 4 ? 6 : 4;
  command.opaque = true;
  if (registry.isKnown(kind, name, family)) {
    fail(command, 'unsupported-extension', `the ${kind} "${name}" is not supported yet`, value.span);
  } else if (registry.isKnown(kind, name, other) || registry[kind](name, other)) {
    fail(command, 'unknown-extension', `the ${kind} "${name}" is for IPv${other}, these are IPv${family} rules`, value.span);
  } else {
    const hint = didYouMean(name, registry.names(kind, family));
    fail(command, 'unknown-extension', `there is no ${kind} "${name}"${hint}`, value.span);
  }
}
