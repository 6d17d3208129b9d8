chains INPUT FORWARD OUTPUT
-m quota --quota 0                                 => same
-m quota ! --quota 18446744073709551615            => same
-m quota --quota 0x400                             => -m quota --quota 1024

-m quota                                           !! missing-option @ 4
-m quota --quota 18446744073709551616              !! bad-number @ 18
-m quota --quota 1M                                !! bad-number @ 18
