import { describe, expect, it } from 'vitest';
import { printSave } from '../../src/ipset/print.ts';
import { readIpsets } from '../../src/ipset/restore.ts';
import { Diagnostics } from '../../src/text/diagnostic.ts';
import { renderDiagnostics } from '../../src/text/render.ts';

const CONTEXT = { random: () => 1 };

function read(text: string): { readonly saved: string; readonly report: string } {
  const diagnostics = new Diagnostics();
  const sets = readIpsets({ name: 'sets.ipset', text }, CONTEXT, diagnostics);
  return { saved: printSave(sets), report: renderDiagnostics(diagnostics.list) };
}

describe('reading ipset save text', () => {
  it('reports every fault with its place and what was perhaps meant', () => {
    const text = `create office hash:ipp
create web hash:ip maxlen 5
create hosts hash:ip family inet initval 1
add hots 10.0.0.1
add hosts 10.0.0.256
add hosts www.example.org
add hosts 10.0.0.1
add hosts 10.0.0.1
add hosts "10.0.0.2
`;
    expect(read(text).report).toMatchInlineSnapshot(`
      "sets.ipset:1:15: error: typename 'hash:ipp' is unknown (did you mean "hash:ip"?) [unknown-type]
          1 | create office hash:ipp
            |               ^~~~~~~~
      sets.ipset:2:20: error: unknown argument: \`maxlen' (did you mean "maxelem"?) [unknown-option]
          2 | create web hash:ip maxlen 5
            |                    ^~~~~~
      sets.ipset:4:5: error: the set with the given name does not exist (did you mean "hosts"?) [unknown-set]
          4 | add hots 10.0.0.1
            |     ^~~~
      sets.ipset:5:11: error: cannot parse 10.0.0.256: resolving to IPv4 address failed [bad-address]
          5 | add hosts 10.0.0.256
            |           ^~~~~~~~~~
      sets.ipset:6:11: error: cannot parse www.example.org: resolving to IPv4 address failed (names of hosts are not resolved) [bad-address]
          6 | add hosts www.example.org
            |           ^~~~~~~~~~~~~~~
      sets.ipset:8:11: error: element cannot be added to the set: it's already added [element-exists]
          8 | add hosts 10.0.0.1
            |           ^~~~~~~~
      sets.ipset:9:11: error: missing close quote! [open-quote]
          9 | add hosts "10.0.0.2
            |           ^~~~~~~~~
      "
    `);
  });

  it('prints what it read', () => {
    const text = `create hosts hash:ip family inet hashsize 1024 maxelem 65536 timeout 0 counters comment bucketsize 12 initval 0x00000001
add hosts 10.0.0.1 timeout 0 packets 3 bytes 120 comment "front  door"
create all list:set size 8
add all hosts
`;
    expect(read(text)).toEqual({ saved: text, report: '' });
  });

  it('passes by comments, empty lines and COMMIT, and takes CR LF', () => {
    const { saved, report } = read('# sets\r\n\r\n  create a hash:ip initval 1\r\nCOMMIT\r\nadd a 10.0.0.1\r\n');
    expect(report).toBe('');
    expect(saved).toContain('add a 10.0.0.1\n');
  });

  it('lets -exist hold for the lines behind it, as ipset restore does', () => {
    expect(read('create a hash:ip initval 1 -exist\nadd a 10.0.0.1\nadd a 10.0.0.1\n').report).toBe('');
  });
});
