chains INPUT FORWARD OUTPUT
family 4
-p ah -m ah                                        => same
-p 51 -m ah --ahspi 0x100                          => -p ah -m ah --ahspi 256
-p ah ! --ahspi :5                                 => -p ah -m ah ! --ahspi 0:5
-p ah -m ah --ahspi 7:                             => -p ah -m ah --ahspi 7:4294967295
# all of them print nothing, be they inverted
-p ah -m ah ! --ahspi 0:                           => -p ah -m ah
-p ah -m ah --ahspi 9:3                            => same ?? range-backwards
-p ah -m ah --ahspi 4294967296                     !! number-out-of-range @ 21
-p ah -m ah --ahspi 1:2:3                          !! bad-range @ 21

-m ah                                              !! wrong-protocol @ 4
-p tcp -m ah                                       !! wrong-protocol @ 11
-p ah -m ah --ahlen 4                              !! unknown-option @ 13
family 6
-m ah --ahspi 1                                    => same
-m ah ! --ahlen 0 --ahres                          => same
-m ah --ahlen 0 --ahspi 3                          => -m ah --ahspi 3
-m ah --ahlen 16                                   => same
-m ah ! --ahspi 0:                                 => -m ah
-m ah --ahspi 9:3                                  => same ?? range-backwards
