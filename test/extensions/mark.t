chains INPUT FORWARD OUTPUT

-m mark --mark 1                                   => -m mark --mark 0x1
-m mark ! --mark 0x10/0xf0                         => same
-m mark --mark 010/0xffffffff                      => -m mark --mark 0x8
-m mark --mark 0/0                                 => -m mark --mark 0x0/0x0
-m mark --mark 4294967295                          => -m mark --mark 0xffffffff

-m mark                                            !! missing-option @ 4
-m mark --mark 4294967296                          !! number-out-of-range @ 16
-m mark --mark 1/                                  !! bad-number @ 18
-m mark --mark 1/2/3                               !! bad-number @ 18
-m mark --mark one                                 !! bad-number @ 16
