import { expect, test } from 'vitest';
import { parseFingerprints } from '../../src/host/fingerprints.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { renderDiagnostics } from '../../src/text/render.ts';

function read(text: string) {
  const diagnostics = new Diagnostics();
  const list = parseFingerprints({ name: 'pf.os', text }, diagnostics);
  return { list, said: renderDiagnostics(diagnostics.list) };
}

test('a line is a fingerprint, comments and what is there already are not', () => {
  const { list, said } = read(`# comment
S4:64:1:60:M*,S,T,N,W7:		Linux:2.6::Linux 2.6 (newer, 3)

S4:64:1:60:M*,S,T,N,W7:		Linux:2.6::the same again
T*:128:0:48:M1460,N,N,S,?,E:	@Windows:XP:SP1:what stands behind is not looked at
%8192:255:0:40:.:		*NMAP:syn::a divisor
*:255:0:40:.:			Any:::any window
`);
  expect(said).toBe('');
  expect(list).toEqual([
    {
      genre: 'Linux',
      version: '2.6',
      subtype: '',
      ttl: 64,
      df: true,
      length: 60,
      window: { kind: 'mss', value: 4 },
      options: [
        { kind: 2, length: 4 },
        { kind: 4, length: 2 },
        { kind: 8, length: 10 },
        { kind: 1, length: 1 },
        { kind: 3, length: 3 },
      ],
    },
    expect.objectContaining({ genre: 'Windows', version: 'XP', subtype: 'SP1', window: { kind: 'mtu', value: 0 }, df: false }),
    expect.objectContaining({ genre: 'NMAP', window: { kind: 'modulo', value: 8192 }, options: [] }),
    expect.objectContaining({ genre: 'Any', window: { kind: 'plain', value: 0 } }),
  ]);
});

test('what the kernel or its loader would refuse is an error with its place', () => {
  expect(read('S4:64:1:60:M*:Linux:2.6::a\nS4:64:1:60:M*:Linux\n').said).toMatch(
    /^pf\.os:2:1: error: expected 9 fields .* found 6 \[bad-fingerprint\]/,
  );
  expect(read('%0:64:1:40:.:Linux:2.6::a\n').said).toMatch(/^pf\.os:1:1: error: a window cannot be a multiple of 0/);
  expect(read(`1:64:1:99:${'T,'.repeat(5)}:Linux:2.6::a\n`).said).toMatch(/at most 40 bytes of options/);
});
