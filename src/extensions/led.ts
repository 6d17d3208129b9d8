// -j LED: makes a light blink. Neither the packet nor its way changes.

import type { OptionSpec, TargetExtension } from '../ruleset/extension.ts';
import { byteLength } from '../text/source.ts';
import { flagOption } from './specs.ts';
import { readNumber, U32 } from './values.ts';

interface LedOptions {
  trigger?: string;
  /** Milliseconds; U32 = for ever. */
  delay: number;
  alwaysBlink?: boolean;
}

/** Bytes of a trigger's name behind `netfilter-`. Ref: include/uapi/linux/netfilter/xt_LED.h */
const TRIGGER_BYTES = 16;

const SIGNED_MAX = 0x7fff_ffff;

const TRIGGER: OptionSpec<LedOptions> = {
  name: 'led-trigger-id',
  argument: 'required',
  mandatory: true,
  set(options, [argument], { diagnostics }) {
    const { text, span } = argument!;
    options.trigger = text;
    if (byteLength(text) > TRIGGER_BYTES) {
      diagnostics.error('text-too-long', `the name of a trigger has at most ${TRIGGER_BYTES} bytes`, span);
    }
  },
};

const DELAY: OptionSpec<LedOptions> = {
  name: 'led-delay',
  argument: 'required',
  set(options, [argument], context) {
    const isForever = argument!.text.toLowerCase().startsWith('inf');
    const delay = isForever ? U32 : readNumber(argument!, context, U32);
    if (delay === undefined) return;
    options.delay = delay;
    if (delay > SIGNED_MAX) {
      const message = `iptables prints this delay as ${delay | 0}, and cannot read that back`;
      context.diagnostics.warning('unreadable-print', message, argument!.span);
    }
  },
};

function quotedTrigger(trigger: string): string {
  return `"${trigger.replace(/["\\]/g, '\\$&')}"`;
}

/** Ref: net/netfilter/xt_LED.c:led_tg() */
export const led: TargetExtension<LedOptions> = {
  kind: 'target',
  name: 'LED',
  families: [4, 6],
  options: [TRIGGER, DELAY, flagOption('led-always-blink', 'alwaysBlink')],
  create: () => ({ delay: 0 }),
  save: ({ trigger = '', delay, alwaysBlink }) => [
    '--led-trigger-id',
    quotedTrigger(trigger),
    // Printed as a signed word, so that "for ever" comes out as -1.
    ...(delay === 0 ? [] : ['--led-delay', String(delay | 0)]),
    ...(alwaysBlink ? ['--led-always-blink'] : []),
  ],
  print({ trigger = '', delay, alwaysBlink }) {
    const time = delay === U32 ? 'inf' : `${delay | 0}ms`;
    return ` led-trigger-id:${quotedTrigger(trigger)} led-delay:${time}${alwaysBlink ? ' led-always-blink' : ''}`;
  },
  lower: () => ({ kind: 'continue' }),
};
