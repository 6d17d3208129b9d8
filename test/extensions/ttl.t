chains INPUT FORWARD OUTPUT
family 4

-m ttl --ttl-eq 64                                 => same
-m ttl --ttl 64                                    => -m ttl --ttl-eq 64
-m ttl ! --ttl-eq 64                               => same
-m ttl ! --ttl 64                                  => -m ttl ! --ttl-eq 64
-m ttl --ttl-lt 2                                  => same
-m ttl --ttl-gt 0x80                               => -m ttl --ttl-gt 128
-m ttl --ttl-lt 0                                  => same

-m ttl                                             !! missing-option @ 4
-m ttl ! --ttl-lt 64                               !! not-invertible @ 10
-m ttl --ttl-eq 256                                !! number-out-of-range @ 17
-m ttl --ttl-lt 9 --ttl-gt 3                       !! exclusive-options @ 19
