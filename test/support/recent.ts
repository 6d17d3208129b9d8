// Two states of the lists of -m recent, by name, as /proc/net/xt_recent shows them: where they differ.

export type RecentLists = Readonly<Record<string, string>>;

/** Ticks between a packet's injection and what it did: a tenth of a second, since the injector may have to wait for a processor. */
const TOLERANCE = 25n;

/** Differences, one a line; [] when they agree but for the order of the lines and TOLERANCE. */
export function compareRecent(ours: RecentLists, kernel: RecentLists): string[] {
  const names = [...new Set([...Object.keys(ours), ...Object.keys(kernel)])].sort();
  return names.flatMap((name) => {
    const [left, right] = [linesOf(ours[name]), linesOf(kernel[name])];
    const sources = [...new Set([...left.keys(), ...right.keys()])].sort();
    return sources
      .filter((source) => !isSame(left.get(source), right.get(source)))
      .map((source) => `list ${name}: kernel ${right.get(source) ?? 'no'}, hookline ${left.get(source) ?? 'no'} ${source}`);
  });
}

function linesOf(text = ''): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
}

function isSame(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const [left, right] = [a.split(/[ ,]+/), b.split(/[ ,]+/)];
  return left.length === right.length && left.every((word, i) => word === right[i] || isClose(word, right[i]!));
}

function isClose(a: string, b: string): boolean {
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return false;
  const difference = BigInt(a) - BigInt(b);
  // Other numbers than times are small, and must be the same.
  return BigInt(a) > 70000n && difference <= TOLERANCE && difference >= -TOLERANCE;
}
