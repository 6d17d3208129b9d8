// What is wrong with a request's members, in words: the validator's findings without its talk of schemas.

import { Problem } from './problem.ts';

/** A finding of the validator. */
export interface Violation {
  readonly instancePath: string;
  readonly keyword?: string;
  readonly message?: string;
  readonly params?: { readonly additionalProperties?: readonly string[]; readonly allowedValues?: readonly unknown[] };
}

/** Most findings told of one request. */
const TOLD_MAX = 20;

/** The findings of one part of a request as a problem; each points at the member it is about. */
export function violationProblem(violations: readonly Violation[], part: 'body' | 'query'): Problem {
  const errors = violations.flatMap(findings);
  const told = errors.slice(0, TOLD_MAX);
  const detail = told.map(({ pointer, message }) => `${part}${pointer} ${message}`).join(', ');
  return new Problem('bad-request', errors.length > told.length ? `${detail}, …` : detail, { errors: told });
}

function findings({ instancePath, keyword, message, params }: Violation): { pointer: string; message: string }[] {
  // What the validator says of a member that must not be there at all; its parent names it too.
  if (keyword === 'boolean') return [];
  if (params?.additionalProperties) {
    return params.additionalProperties.map((name) => ({ pointer: `${instancePath}/${name}`, message: 'is not known here' }));
  }
  if (params?.allowedValues) return [{ pointer: instancePath, message: `must be one of ${params.allowedValues.join(', ')}` }];
  return [{ pointer: instancePath, message: message ?? 'is wrong' }];
}
