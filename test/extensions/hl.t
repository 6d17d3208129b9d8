chains INPUT FORWARD OUTPUT
family 6

-m hl --hl-eq 64                                   => same
-m hl --hl 255                                     => -m hl --hl-eq 255
-m hl ! --hl-eq 64                                 => same
-m hl --hl-lt 2                                    => same
-m hl --hl-gt 200                                  => same

-m hl                                              !! missing-option @ 4
-m hl ! --hl-gt 64                                 !! not-invertible @ 9
-m hl --hl-eq sixty                                !! bad-number @ 15
