// Clearing memory, some words at once. A loop, a fill or a copy of so few bytes costs more than what it does.

/** Clears 64 bytes. */
// @ts-ignore: decorator
@inline
export function clear64(at: usize): void {
  const zero = i32x4.splat(0);
  v128.store(at, zero);
  v128.store(at, zero, 16);
  v128.store(at, zero, 32);
  v128.store(at, zero, 48);
}

/** Clears 32 bytes. */
// @ts-ignore: decorator
@inline
export function clear32(at: usize): void {
  const zero = i32x4.splat(0);
  v128.store(at, zero);
  v128.store(at, zero, 16);
}
