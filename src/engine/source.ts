// Where capture bytes come from, as the engine sees it. Files, pipes and request bodies are opened by whoever has them.

/** A stream of bytes that is read once, front to back. */
export interface ByteSource {
  /** The name people know it by. */
  readonly name: string;
  /** Reads at least one byte into `target` (which may lie in shared memory), or gives 0 at the end. */
  read(target: Uint8Array): Promise<number>;
  close(): Promise<void>;
  /** The same bytes again, from the front; absent = they can be read once only. */
  again?(): ByteSource;
}

/** A capture that is in memory already. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  let at = 0;
  return {
    name,
    read(target) {
      const part = bytes.subarray(at, at + target.length);
      target.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
    close: () => Promise.resolve(),
    again: () => bytesSource(name, bytes),
  };
}
