// What the first packet of a connection looks like when it comes from some operating system.

/** Ways in which a window is told. Ref: include/uapi/linux/netfilter/nfnetlink_osf.h nf_osf_window_size_options */
export const WINDOW_KINDS = ['plain', 'mss', 'mtu', 'modulo'] as const;

export interface Fingerprint {
  readonly genre: string;
  readonly version: string;
  readonly subtype: string;
  readonly ttl: number;
  /** "Don't fragment" is set. */
  readonly df: boolean;
  /** IP total length. */
  readonly length: number;
  readonly window: { readonly kind: (typeof WINDOW_KINDS)[number]; readonly value: number };
  /** TCP options in their order. */
  readonly options: readonly { readonly kind: number; readonly length: number }[];
}
