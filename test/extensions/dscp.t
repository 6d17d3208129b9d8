chains INPUT FORWARD OUTPUT

-m dscp --dscp 46                                  => -m dscp --dscp 0x2e
-m dscp ! --dscp 0                                 => -m dscp ! --dscp 0x00
-m dscp --dscp-class EF                            => -m dscp --dscp 0x2e
-m dscp ! --dscp-class af41                        => -m dscp ! --dscp 0x22
-m dscp --dscp-class CS7                           => -m dscp --dscp 0x38
-m dscp --dscp-class be                            => -m dscp --dscp 0x00
# what stands behind a class is not looked at
-m dscp --dscp-class CS1x                          => -m dscp --dscp 0x08

-m dscp                                            !! missing-option @ 4
-m dscp --dscp 64                                  !! number-out-of-range @ 16
-m dscp --dscp-class CS8                           !! unknown-dscp-class @ 22
-m dscp --dscp 1 --dscp-class EF                   !! exclusive-options @ 18
