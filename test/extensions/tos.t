chains INPUT FORWARD OUTPUT

-m tos --tos 0x10                                  => -m tos --tos 0x10/0xff
-m tos ! --tos 16/0xfc                             => -m tos ! --tos 0x10/0xfc
-m tos --tos minimize-delay                        => -m tos --tos 0x10/0x3f
-m tos --tos Normal-Service                        => -m tos --tos 0x00/0x3f

-m tos                                             !! missing-option @ 4
-m tos --tos 256                                   !! number-out-of-range @ 14
-m tos --tos 16/256                                !! number-out-of-range @ 17
-m tos --tos 16/                                   !! bad-number @ 17
-m tos --tos minimize                              !! unknown-tos @ 14
