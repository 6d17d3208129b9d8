// The floor: the least that any program can do with a capture. AssemblyScript, compiled by the benchmark that uses it.
//
// Walks the records of a little-endian pcap of Ethernet frames, finds addresses, ports and protocol of IPv4, and hashes them. What is
// of any use beyond that (times, checksums, fragments, state, an answer) is not here.

const RECORD_BYTES: usize = 16;
const ETHERNET_BYTES: usize = 14;
const ETHERTYPE_IPV4: u16 = 0x0008; // as it lies in memory

/** Packets walked, and all their hashes added up, so that none can be left out. */
export let packets: u32 = 0;
export let sum: u64 = 0;

/** Begins anew. */
export function reset(): void {
  packets = 0;
  sum = 0;
}

/** Walks the whole records among the bytes at `at`. Returns: how many bytes they are. */
export function walk(at: usize, bytes: usize): usize {
  const end = at + bytes;
  let next = at;
  let count: u32 = 0;
  let hashes: u64 = 0;
  while (next + RECORD_BYTES <= end) {
    const length = <usize>load<u32>(next, 8);
    const frame = next + RECORD_BYTES;
    if (frame + length > end) break;
    next = frame + length;
    count++;
    if (length < ETHERNET_BYTES + 40 || load<u16>(frame, 12) != ETHERTYPE_IPV4) continue;
    const header = frame + ETHERNET_BYTES;
    const transport = header + ((<usize>load<u8>(header) & 15) << 2);
    if (transport + 4 > next) continue;
    let hash = load<u64>(header, 12) * 0x9e3779b97f4a7c15;
    hash = (hash ^ (hash >> 32) ^ <u64>load<u32>(transport) ^ ((<u64>load<u8>(header, 9)) << 32)) * 0xbf58476d1ce4e5b9;
    hashes += hash ^ (hash >> 31);
  }
  packets += count;
  sum += hashes;
  return next - at;
}
