chains PREROUTING INPUT FORWARD OUTPUT POSTROUTING
table mangle
family 4

-j TTL --ttl-set 64                                  => same
-j TTL --ttl-set 0                                   => same
-j TTL --ttl-inc 0x2                                 => -j TTL --ttl-inc 2
-j TTL --ttl-dec 1                                   => same

-j TTL                                              !! missing-option @ 4
-j TTL --ttl-set                                     !! missing-argument @ 8
-j TTL --ttl-inc 0                                   !! number-out-of-range @ 18
-j TTL --ttl-dec 256                                 !! number-out-of-range @ 18
-j TTL --ttl-dec 1 --ttl-inc 1                       !! exclusive-options @ 20

table filter
chains INPUT
-j TTL --ttl-set 1                                   !! wrong-table @ 4
