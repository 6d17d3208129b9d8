chains INPUT FORWARD OUTPUT

-j HMARK --hmark-tuple ct --hmark-mod 4 --hmark-rnd 0xfeed => -j HMARK --hmark-rnd 0x0000feed --hmark-mod 4 --hmark-tuple ct
-j HMARK --hmark-tuple sport,dp,P --hmark-mod 4 --hmark-rnd 1 --hmark-offset 100 => -j HMARK --hmark-sport-mask 0xffff --hmark-dport-mask 0xffff --hmark-proto-mask 0xffff --hmark-rnd 0x00000001 --hmark-mod 4 --hmark-offset 100
-j HMARK --hmark-tuple spi,CT --hmark-mod 4 --hmark-rnd 1 => -j HMARK --hmark-spi-mask 0xffffffff --hmark-rnd 0x00000001 --hmark-mod 4 --hmark-tuple ct
-j HMARK --hmark-sport 1 --hmark-dport 2 --hmark-proto-mask 6 --hmark-mod 4 --hmark-rnd 1 => -j HMARK --hmark-sport 0x0001 --hmark-dport 0x0002 --hmark-proto-mask 0x06 --hmark-rnd 0x00000001 --hmark-mod 4
-j HMARK --hmark-spi 5 --hmark-sport-mask 6 --hmark-mod 4 --hmark-rnd 1 => -j HMARK --hmark-sport-mask 0x0006 --hmark-spi 0x00000005 --hmark-rnd 0x00000001 --hmark-mod 4
-j HMARK --hmark-src-prefix 24 --hmark-dst-prefix 0 --hmark-rnd 0x00000001 --hmark-mod 4 => same
# the tuple overrides what stands before it, and nothing overrides the tuple
-j HMARK --hmark-sport-mask 3 --hmark-tuple sport --hmark-mod 4 --hmark-rnd 1 => -j HMARK --hmark-sport-mask 0xffff --hmark-rnd 0x00000001 --hmark-mod 4
-j HMARK --hmark-tuple sport --hmark-sport-mask 3 --hmark-mod 4 --hmark-rnd 1 !! duplicate-option @ 30

-j HMARK                                           !! missing-option @ 4, missing-option @ 4
-j HMARK --hmark-tuple src --hmark-mod 4           !! missing-option @ 4
-j HMARK --hmark-tuple src --hmark-rnd 4           !! missing-option @ 4
-j HMARK --hmark-mod 4 --hmark-rnd 1               !! missing-option @ 4
-j HMARK --hmark-tuple src --hmark-rnd 4 --hmark-mod 0 !! number-out-of-range @ 54
-j HMARK --hmark-tuple tcp --hmark-rnd 4 --hmark-mod 1 !! unknown-tuple @ 24
-j HMARK --hmark-tuple src, --hmark-rnd 4 --hmark-mod 1 !! unknown-tuple @ 28
-j HMARK --hmark-tuple spi,sport --hmark-rnd 4 --hmark-mod 1 !! exclusive-options @ 4
-j HMARK --hmark-spi 1 --hmark-dport 1 --hmark-rnd 4 --hmark-mod 1 !! exclusive-options @ 4
-j HMARK --hmark-sport 65536 --hmark-rnd 4 --hmark-mod 1 !! number-out-of-range @ 24

family 4
-j HMARK --hmark-tuple src,dst --hmark-mod 4 --hmark-rnd 1 => -j HMARK --hmark-src-prefix 32 --hmark-dst-prefix 32 --hmark-rnd 0x00000001 --hmark-mod 4
-j HMARK --hmark-src-prefix 255.255.0.0 --hmark-mod 4 --hmark-rnd 1 => -j HMARK --hmark-src-prefix 16 --hmark-rnd 0x00000001 --hmark-mod 4
-j HMARK --hmark-src-prefix 255.0.255.0 --hmark-mod 4 --hmark-rnd 1 => -j HMARK --hmark-src-prefix 32 --hmark-rnd 0x00000001 --hmark-mod 4 ?? mask-ignored
family 6
-j HMARK --hmark-tuple src,dst --hmark-mod 4 --hmark-rnd 1 => -j HMARK --hmark-src-prefix 128 --hmark-dst-prefix 128 --hmark-rnd 0x00000001 --hmark-mod 4
-j HMARK --hmark-src-prefix 129 --hmark-mod 4 --hmark-rnd 1 !! bad-mask @ 29
