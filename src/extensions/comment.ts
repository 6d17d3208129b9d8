// -m comment: a note that goes with the rule. Matches always.

import type { MatchExtension } from '../ruleset/extension.ts';
import { cutBytes, quoted } from './values.ts';

interface CommentOptions {
  comment?: string;
}

/** Bytes of a comment that iptables keeps. Ref: include/uapi/linux/netfilter/xt_comment.h XT_MAX_COMMENT_LEN, less the final NUL */
const COMMENT_BYTES = 255;

/** Ref: net/netfilter/xt_comment.c:comment_mt() */
export const comment: MatchExtension<CommentOptions> = {
  kind: 'match',
  name: 'comment',
  families: [4, 6],
  options: [
    {
      name: 'comment',
      argument: 'required',
      mandatory: true,
      set(options, [argument], context) {
        const { text, span } = argument!;
        options.comment = cutBytes(text, COMMENT_BYTES);
        if (options.comment !== text) {
          context.diagnostics.warning('text-cut', `iptables keeps ${COMMENT_BYTES} bytes of a comment`, span);
        }
      },
    },
  ],
  create: () => ({}),
  save: ({ comment }) => (comment === undefined ? [] : ['--comment', quoted(comment)]),
  print: ({ comment }) => ` /* ${comment} */`,
  lower: () => [],
};
