// The command line. Words and options are declared here; each command is loaded only when it is asked for, so that starting
// costs what the command needs.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { EXIT_BAD_INPUT, EXIT_DONE, EXIT_FAILURE, InputError } from './exit.ts';

function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < low || value > high) {
      throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
    }
    return value;
  };
}

/** Of both commands that run packets. */
function assumeOption(): Option {
  return new Option(
    '--assume <key=value>',
    'what to take for true of what captures cannot tell, such as owner.uid=1000; may be given often',
  ).argParser((text: string, given: string[] | undefined) => [...(given ?? []), text]);
}

/** Likewise. */
function answerOption(): Option {
  return new Option('--answer', 'also answer as a host on which no program listens: echo replies, TCP resets, unreachable ports');
}

/** Likewise. */
function noAnswerOption(): Option {
  return new Option(
    '--no-answer',
    'make none of the packets that REJECT, routing and forwarding answer with, as where the capture has them',
  );
}

const program = new Command('hookline')
  .description('Says exactly what a Linux firewall would do with traffic, and which rule decides it.')
  .version('0.1.0')
  .exitOverride()
  .showHelpAfterError("(run with '--help' for usage)")
  .addHelpText(
    'after',
    '\nExit codes: 0 done; 1 a finding; 2 bad input or usage; 3 Hookline itself failed, or standard output did.',
  );

program
  .command('replay')
  .description('Runs captures through a ruleset: verdicts, rule counters, connections, latency.')
  .argument('[capture...]', 'pcap or pcapng files (also .gz), - for standard input')
  .option('--rules <file>', 'IPv4 ruleset: iptables-save text, or a file of iptables and ip6tables command lines')
  .option('--rules6 <file>', 'IPv6 ruleset: ip6tables-save text, or a file of command lines')
  .option('--host <path>', 'the machine the rules run on: a YAML file, or a folder of raw outputs')
  .option('--ipset <file>', 'IP sets that rules name, ipset save text')
  .addOption(assumeOption())
  .addOption(answerOption())
  .addOption(noAnswerOption())
  .option('--osf <file>', "operating systems' fingerprints for -m osf, as nfnl_osf reads them (pf.os)")
  .option('--in <name>', 'interface of captures that name none')
  .addOption(new Option('--workers <n>', 'worker threads; 0 = none (default: one a processor)').argParser(wholeNumber(0, 64)))
  .addOption(new Option('--seed <n>', 'seed of every random draw').argParser(wholeNumber(0, 0xffffffff)).default(0))
  .addOption(
    new Option(
      '--format <form>',
      'what to print: figures of all packets (summary, json), or what became of each, with its rules (ndjson, text)',
    )
      .choices(['summary', 'json', 'ndjson', 'text'])
      .default('summary'),
  )
  .option(
    '--save-counters <file>',
    'write the ruleset with its counters, as iptables-save -c; with both --rules and --rules6 the IPv6 text goes to <file>.v6',
  )
  .option('--conntrack <file>', 'write the connections at the end, as conntrack -L')
  .option(
    '--conntrack-output <forms>',
    'how --conntrack writes: words of conntrack -o (extended, id, timestamp, ktimestamp, labels, xml, save), separated by commas; proc: as /proc/net/nf_conntrack; json: an object a line',
  )
  .option('--expectations <file>', 'write the connections that helpers expect at the end, as conntrack -L expect')
  .option(
    '--conntrack-events <file>',
    'write what happens to connections, as conntrack -E; one whose time is up ends at that time',
  )
  .option('--conntrack-events-output <forms>', 'how --conntrack-events writes, likewise; not proc')
  .option('--expectations-events <file>', 'write what happens to them, as conntrack -E expect -o timestamp')
  .option(
    '--load-conntrack <file>',
    'connections to start with, in any form that --conntrack writes, or conntrack -L and /proc/net/nf_conntrack; what they have left counts from the first packet on; without it those that a folder of --host has',
  )
  .option('--load-recent <folder>', 'lists of -m recent to start with, a file each, as in /proc/net/xt_recent; likewise')
  .option('--save-recent <folder>', 'write the lists of -m recent at the end, likewise')
  .option('--save-ipset <file>', 'write the IP sets at the end, as ipset save')
  .option('--log <file>', 'write what LOG and TRACE have the kernel log, as dmesg -r, and a line for each packet NFLOG hands on')
  .option(
    '--write <file>',
    'write every packet that leaves, on its interface, as pcapng of Ethernet frames (with the addresses it came with)',
  )
  .option('--write-dropped <file>', 'write every packet that is dropped or rejected, with what decided as its comment, as pcapng')
  .option('--plan', 'print how packets would be spread over shards and workers, and which rules decide that; run none')
  .addHelpText(
    'after',
    '\nA damaged capture gives a warning with the byte offset and the results of all packets before it; the exit code is then 2.\nSIGINT and SIGTERM end the input: the results of all packets read so far are given, the exit code is then 130 or 143.',
  )
  .action(async (captures: string[], options, command: Command) => {
    if (captures.length === 0 && !options.plan) command.error("error: missing required argument 'capture'");
    const { replayCommand } = await import('./replay.ts');
    process.exitCode = await replayCommand(captures, options);
  });

program
  .command('check')
  .description('Reports every problem of rulesets, with file, line and column.')
  .argument('<file...>', 'iptables-save or ip6tables-save text, or iptables and ip6tables command lines')
  .option('-6, --ipv6', 'all files are IPv6 rulesets (default: each is what its header, name or content says)')
  .option('--ipset <file>', 'IP sets that rules may name, ipset save text')
  .action(async (files: string[], options) => {
    const { checkFiles } = await import('./check.ts');
    const { openOutput, OutputClosed } = await import('./output.ts');
    const output = openOutput(process.stdout);
    // With nobody to read them, the exit code still tells how the files stand.
    const heard = (done: Promise<void>): Promise<void> =>
      done.catch((error: unknown) => {
        if (!(error instanceof OutputClosed)) throw error;
      });
    const stdout = { write: (text: string) => heard(output.write(text)) };
    const code = await checkFiles(files, options, { stdout, stderr: process.stderr, stdin: process.stdin });
    await heard(output.flush());
    process.exitCode = code;
  });

program
  .command('rules')
  .description('Prints a ruleset as iptables -L, iptables -S and iptables-save do, byte for byte, or as JSON.')
  .usage(
    [
      '-L [-n] [-v] [-x] [--line-numbers] [-t TABLE] [CHAIN [RULENUM]] FILE',
      '-S [-v] [-t TABLE] [CHAIN [RULENUM]] FILE',
      'save [-c] [-t TABLE] FILE',
      '--format json FILE',
    ].join('\n       hookline rules '),
  )
  .argument('[word...]', 'save, or CHAIN and RULENUM; behind them FILE: iptables-save text, or iptables commands')
  .option('-L, --list', 'as a table')
  .option('-S, --list-rules', 'as the commands that make it')
  .option('-t, --table <table>', 'of this table (default: filter; with save, every table of the file)')
  .option('-n, --numeric', 'with -L: numbers for ports, protocols, types and so on')
  .option('-v, --verbose', 'with -L and -S: with counters (and interfaces)')
  .option('-x, --exact', 'with -L: counters in full, not in K, M, G, T')
  .option('--line-numbers', 'with -L: the number of each rule')
  .option('-c, --counters', 'with save: the counters of each rule')
  .option('-6, --ipv6', 'the IPv6 ruleset (default: what the header, name or content of the file says)')
  .addOption(new Option('--format <form>', 'json: everything, for programs').choices(['text', 'json']).default('text'))
  .addHelpText(
    'after',
    `
Counters are those of the file; 'replay --save-counters' writes a file with those of a replay.
Names are never looked up: without -n, -L prints what iptables prints on a machine whose resolver knows no address, with the protocols,
services, users and groups of a Debian system.`,
  )
  .action(async (words: string[], options) => {
    const { rulesCommand } = await import('./rules-command.ts');
    process.exitCode = await rulesCommand(words, options);
  });

program
  .command('snapshot')
  .description(
    'Prints a shell script that takes a snapshot of a real machine for --host; with a folder, says what is in that snapshot.',
  )
  .argument('[folder]', 'a snapshot, or a host file')
  .action(async (folder: string | undefined) => {
    const { snapshotCommand } = await import('./snapshot.ts');
    process.exitCode = await snapshotCommand(folder);
  });

program
  .command('dump')
  .description('Prints what a ruleset becomes on its way into the core.')
  .argument('[file]', 'ruleset, IPv4 or IPv6 by what it says')
  .option('--ir', 'what the rules mean, one rule a line')
  .option('--table', 'the image the core runs: chains, decision trees and their leaves')
  .option('--rules <file>', 'IPv4 ruleset')
  .option('--rules6 <file>', 'IPv6 ruleset')
  .option('--ipset <file>', 'IP sets that rules name, ipset save text')
  .action(async (file: string | undefined, options) => {
    const { dumpCommand } = await import('./dump.ts');
    process.exitCode = await dumpCommand(file, options);
  });

program
  .command('record')
  .description('Runs a firewall script without changing anything, and writes the rules, sets and host that it would make.')
  .argument('<command...>', 'the script, behind --')
  .requiredOption(
    '-o, --output <folder>',
    'where rules.v4, rules.v6, sets.ipset and host.yaml go, as far as there is something for them',
  )
  .option('--shared-network', "run the script in this machine's network instead of an empty one of its own")
  .addHelpText(
    'after',
    `
iptables, ip6tables (also -legacy and -nft, with their -restore and -save), ipset, ip and sysctl are stand-ins, first on PATH: they
write down what they are asked and answer from that, beginning with a machine that has no rules, sets, addresses or routes. modprobe,
rmmod and conntrack do nothing; nft, ebtables, arptables, tc, ifconfig, route and brctl are refused. Nothing on this machine is changed
by any of them. Every other program runs as it is.

Past the stand-ins go: calls by a path (/sbin/iptables), scripts that set a PATH of their own, and writes to files such as
/proc/sys/net/ipv4/ip_forward. They are not recorded. Where the machine allows it, the script has an empty network namespace of its
own, so that these change nothing on this machine either; with --shared-network they would.

The exit code is that of the script. What it made until then is written even when it fails.`,
  )
  .action(async (command: string[], options) => {
    const { recordCommand } = await import('./record.ts');
    process.exitCode = await recordCommand(command, options);
  });

program
  .command('serve')
  .description('Answers over HTTP: loads rulesets, classifies JSON batches and captures, gives counters and connections.')
  .option('--rules <file>', 'IPv4 ruleset to start with')
  .option('--rules6 <file>', 'IPv6 ruleset to start with')
  .option('--host <path>', 'the machine the rules run on: a YAML file, or a folder of raw outputs')
  .option('--ipset <file>', 'IP sets that rules name, ipset save text')
  .addOption(assumeOption())
  .addOption(answerOption())
  .addOption(noAnswerOption())
  .option('--osf <file>', "operating systems' fingerprints for -m osf, as nfnl_osf reads them (pf.os)")
  .option('--address <address>', 'address to listen on', '127.0.0.1')
  .addOption(new Option('--port <n>', 'port to listen on').argParser(wholeNumber(0, 65535)).default(8472))
  .addOption(new Option('--workers <n>', 'worker threads; 0 = none').argParser(wholeNumber(0, 64)).default(1))
  .action(async (options) => {
    const { serveCommand } = await import('./serve.ts');
    process.exitCode = await serveCommand(options);
  });

/** Carries out the command that a line of words gives, as `process.argv` has them; the exit code is left in `process.exitCode`. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  let isDone = false;
  // A command that nothing wakes any more has failed, whatever it has left in the exit code by then.
  process.once('exit', (code) => {
    if (!isDone && code === EXIT_DONE) process.exitCode = EXIT_FAILURE;
  });
  // Whoever reads may go at any time. Commands that write much notice it by themselves.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT_DONE : EXIT_BAD_INPUT;
    } else if (error instanceof InputError) {
      process.stderr.write(error.message.endsWith('\n') ? error.message : `hookline: ${error.message}\n`);
      process.exitCode = EXIT_BAD_INPUT;
    } else {
      const code = (error as NodeJS.ErrnoException).code;
      // What has a code is a failure that was foreseen; anything else is a bug, and its stack says where.
      process.stderr.write(`hookline: ${code === undefined ? (error as Error).stack : (error as Error).message}\n`);
      process.exitCode = EXIT_FAILURE;
    }
  } finally {
    isDone = true;
  }
}
