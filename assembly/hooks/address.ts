// What an address is by itself, without any table.

/** 224.0.0.0/4. */
export function isMulticast4(address: u32): bool {
  return address >>> 28 == 0xe;
}

/** 224.0.0.0/24, never forwarded. */
export function isLocalMulticast4(address: u32): bool {
  return address >>> 8 == 0xe00000;
}

/** 127.0.0.0/8. */
export function isLoopback4(address: u32): bool {
  return address >>> 24 == 127;
}

/** 255.255.255.255. */
export const LIMITED_BROADCAST4: u32 = 0xffffffff;

/** ff00::/8. `address` points at four words, most significant first. */
export function isMulticast6(address: usize): bool {
  return load<u32>(address) >>> 24 == 0xff;
}

/** fe80::/10. */
export function isLinkLocal6(address: usize): bool {
  return load<u32>(address) >>> 22 == 0x3fa;
}

function restIs6(address: usize, last: u32): bool {
  return (load<u32>(address) | load<u32>(address, 4) | load<u32>(address, 8)) == 0 && load<u32>(address, 12) == last;
}

/** ::1. */
export function isLoopback6(address: usize): bool {
  return restIs6(address, 1);
}

/** `::`. */
export function isUnspecified6(address: usize): bool {
  return restIs6(address, 0);
}

/** Addresses that mean something only together with a device. Ref: net/ipv6/route.c:rt6_need_strict() */
export function needsDevice6(address: usize): bool {
  return isMulticast6(address) || isLinkLocal6(address) || isLoopback6(address);
}
