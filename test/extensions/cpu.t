chains INPUT FORWARD OUTPUT
-m cpu --cpu 0                                     => same
-m cpu ! --cpu 4294967295                          => same

-m cpu                                             !! missing-option @ 4
-m cpu --cpu 4294967296                            !! number-out-of-range @ 14
