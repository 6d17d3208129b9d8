// What rules write to the log: collected while rules are lowered, so that a record of the core needs no more than a number.

/** A line of LOG, as the kernel's log has it. */
export interface KernelLogEntry {
  readonly kind: 'LOG';
  readonly prefix: string;
  /** Syslog priority. */
  readonly level: number;
  readonly tcpSequence: boolean;
  readonly tcpOptions: boolean;
  readonly ipOptions: boolean;
  readonly uid: boolean;
  readonly macDecode: boolean;
}

/** A packet that NFLOG hands to listeners. */
export interface NflogEntry {
  readonly kind: 'NFLOG';
  readonly prefix: string;
  readonly group: number;
  /** Bytes of the packet that are handed over at most. */
  readonly size?: number;
}

export type LogEntry = KernelLogEntry | NflogEntry;

/** The entries of both families' rulesets; a record names one by its index. */
export class LogPlan {
  private readonly list: LogEntry[] = [];
  private readonly indexes = new Map<string, number>();

  /** Gives the index of an entry. */
  take(entry: LogEntry): number {
    const key = JSON.stringify(entry);
    const known = this.indexes.get(key);
    if (known !== undefined) return known;
    this.indexes.set(key, this.list.length);
    return this.list.push(entry) - 1;
  }

  get entries(): readonly LogEntry[] {
    return this.list;
  }
}
