// Diagnostics: what is wrong with a user's input. Values, collected by whoever reads the input, thrown by nobody who reads it.

import type { Span } from './source.ts';

export type Severity = 'error' | 'warning' | 'note';

/** A place that explains a diagnostic ("chain declared here"). */
export interface Note {
  readonly message: string;
  readonly span?: Span;
}

export interface Diagnostic {
  /** Stable kebab-case name of the kind of fault, for example `unknown-option`. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence: what was expected, what was found. No full stop. */
  readonly message: string;
  readonly span?: Span;
  readonly notes?: readonly Note[];
}

/** Collects diagnostics while an input is read. */
export class Diagnostics {
  readonly list: Diagnostic[] = [];
  private errors = 0;

  error(code: string, message: string, span?: Span, notes?: readonly Note[]): void {
    this.add('error', code, message, span, notes);
  }

  warning(code: string, message: string, span?: Span, notes?: readonly Note[]): void {
    this.add('warning', code, message, span, notes);
  }

  /** Takes over what another reader collected. */
  append(list: readonly Diagnostic[]): void {
    for (const diagnostic of list) {
      this.list.push(diagnostic);
      if (diagnostic.severity === 'error') this.errors++;
    }
  }

  get hasErrors(): boolean {
    return this.errors > 0;
  }

  /** Errors so far; a reader compares it before and after to learn whether a piece was good. */
  get errorCount(): number {
    return this.errors;
  }

  private add(severity: Severity, code: string, message: string, span?: Span, notes?: readonly Note[]): void {
    if (severity === 'error') this.errors++;
    this.list.push({ code, severity, message, ...(span ? { span } : {}), ...(notes?.length ? { notes } : {}) });
  }
}
