chains INPUT FORWARD OUTPUT

-m connmark --mark 1                               => -m connmark --mark 0x1
-m connmark ! --mark 0x10/0xf0                     => same

-m connmark                                        !! missing-option @ 4
-m connmark --mark -1                              !! bad-number @ 20
