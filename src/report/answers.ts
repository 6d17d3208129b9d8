// What to say of packets that the host answered with.

import type { Tally } from '../core/batch.ts';
import { plural } from './summary.ts';

/** What is known of the host. */
export interface AnsweringHost {
  /** None was given. */
  readonly assumed: boolean;
  /** Settings that would hold answers back, which are not modelled. */
  readonly limits: readonly string[];
}

/** What was assumed of answers, in sentences: none where there were none. */
export function assumedAnswers({ answers: [made = 0, leftOut = 0] }: Tally, { assumed, limits }: AnsweringHost): string[] {
  return [
    ...(made > 0 && assumed ? ['What it answers leaves by the interface that the packet came in by.'] : []),
    ...(made > 0 && limits.length > 0 ? [`Answers are not held back as ${limits.join(' and ')} would hold them back.`] : []),
    ...(leftOut > 0
      ? [`${plural(leftOut, 'packet')} would have been answered in a way that is not modelled: the answer is left out.`]
      : []),
  ];
}
