// Errors as RFC 9457 problem documents. Every kind of failure of the service is a row of one table.

import type { Diagnostic } from '../text/diagnostic.ts';
import { renderDiagnostics } from '../text/render.ts';
import { locate } from '../text/source.ts';

const PROBLEMS = {
  'bad-request': [400, 'The request is not what this route takes'],
  'bad-capture': [422, 'The capture cannot be read to its end'],
  'bad-ruleset': [422, 'The ruleset has errors'],
  'no-ruleset': [409, 'No ruleset is loaded'],
  'not-found': [404, 'There is no such resource'],
  'too-large': [413, 'The request body is too large'],
  'unsupported-media-type': [415, 'The request body has a type this route does not take'],
  internal: [500, 'The service failed'],
} as const;

export type ProblemKind = keyof typeof PROBLEMS;

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly [member: string]: unknown;
}

/** A failure with its place in the table; members beyond the standard ones go into the document as they are. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(kind: ProblemKind, detail: string, members: Readonly<Record<string, unknown>> = {}) {
    super(detail);
    this.kind = kind;
    this.members = members;
  }

  get document(): ProblemDocument {
    const [status, title] = PROBLEMS[this.kind];
    return { type: `urn:hookline:problem:${this.kind}`, title, status, detail: this.message, ...this.members };
  }
}

/** What is wrong with a ruleset, as a problem: each diagnostic with its line and column, and the text a terminal would show. */
export function rulesetProblem(diagnostics: readonly Diagnostic[]): Problem {
  const errors = diagnostics.filter((d) => d.severity === 'error').length;
  return new Problem('bad-ruleset', `${errors} error${errors === 1 ? '' : 's'}`, {
    errors: diagnostics.map(diagnosticJson),
    text: renderDiagnostics(diagnostics, { colour: false }),
  });
}

/** A diagnostic for programs. */
export function diagnosticJson({ code, severity, message, span }: Diagnostic): Record<string, unknown> {
  if (!span) return { code, severity, message };
  const { line, column } = locate(span.source, span.start);
  return { code, severity, message, source: span.source.name, line, column };
}
