// The order in which `ipset -s` prints the elements of a hash: numbers as numbers, wider networks first.

/** Reads a number in hexadecimal at the start of a text as strtol() does; gives how many characters it has. */
function scanHex(text: string, at: number): { value: number; next: number } | undefined {
  const found = /^\s*[+-]?(0x)?[0-9a-f]+/i.exec(text.slice(at, at + 40));
  return found ? { value: Number.parseInt(found[0], 16), next: at + found[0].length } : undefined;
}

/** Compares two elements as text. Ref: ipset 7.17, lib/session.c:bystrcmp() */
export function compareElements(a: string, b: string): number {
  let [x, y, sign] = [0, 0, 1];
  while (x < a.length && y < b.length) {
    const [one, other] = [scanHex(a, x), scanHex(b, y)];
    if (!one || !other) {
      const [m, n] = [wordLength(a, x), wordLength(b, y)];
      if (m === 0 && n === 0) return compareText(a.slice(x), b.slice(y));
      if (m !== n) return m - n;
      const order = compareText(a.slice(x, x + m), b.slice(y, y + n));
      if (order !== 0) return order;
      [x, y, sign] = [x + m + 1, y + n + 1, 1];
      continue;
    }
    if (one.value !== other.value) return sign * (one.value - other.value);
    const [p, q] = [a[one.next], b[other.next]];
    if (p === '/' || q === '/') {
      if (p !== q) return p === '/' ? 1 : -1;
      sign = -1;
    }
    [x, y] = [one.next + 1, other.next + 1];
    if (a[x] === ':' || b[y] === ':') {
      if (a[x] !== b[y]) return a[x] === ':' ? -1 : 1;
      [x, y] = [x + 1, y + 1];
    }
  }
  return x < a.length ? 1 : y < b.length ? -1 : 0;
}

/** Characters up to the next colon or comma. */
function wordLength(text: string, at: number): number {
  const rest = text.slice(at).search(/[:,]/);
  return rest < 0 ? text.length - at : rest;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
