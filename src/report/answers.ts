// What to say of packets that the host answered with.

import { ANSWERS_ERRORS, ANSWERS_LEFT_OUT, ANSWERS_MADE, ANSWERS_SENT } from '../../assembly/abi/batch.ts';
import type { Tally } from '../core/batch.ts';
import { plural } from './summary.ts';

/** What is known of the host. */
export interface AnsweringHost {
  /** None was given. */
  readonly assumed: boolean;
  /** Settings that would limit its errors, which are not given. */
  readonly limits: readonly string[];
}

/** What was assumed of answers, in sentences: none where there were none. */
export function assumedAnswers({ answers }: Tally, { assumed, limits }: AnsweringHost): string[] {
  const [made, errors, leftOut, sent] = [ANSWERS_MADE, ANSWERS_ERRORS, ANSWERS_LEFT_OUT, ANSWERS_SENT].map(
    (sum) => answers[sum]!,
  );
  const sentences = [
    [made! > 0 && assumed, 'What this host answers leaves by the interface that the packet came in by.'],
    [errors! > 0 && limits.length > 0, `Errors that it reports are not limited by what is not given: ${limits.join(', ')}.`],
    [
      made! > 0 && sent! > 0,
      'Captures that hold what this host sent may hold its answers too, which then count twice (--no-answer makes none).',
    ],
    [leftOut! > 0, `${plural(leftOut!, 'packet')} would be answered in a way that is not modelled: that answer is left out.`],
  ] as const;
  return sentences.flatMap(([holds, sentence]) => (holds ? [sentence] : []));
}
