chains INPUT FORWARD OUTPUT

-j NFQUEUE                                         => -j NFQUEUE --queue-num 0
-j NFQUEUE --queue-num 0x1f                        => -j NFQUEUE --queue-num 31
-j NFQUEUE --queue-bypass                          => -j NFQUEUE --queue-num 0 --queue-bypass
-j NFQUEUE --queue-balance 1:4                     => same
-j NFQUEUE --queue-balance :4                      => -j NFQUEUE --queue-balance 0:4
-j NFQUEUE --queue-balance 4:                      => -j NFQUEUE --queue-balance 4:65535
-j NFQUEUE --queue-cpu-fanout --queue-bypass --queue-balance 1:4 => -j NFQUEUE --queue-balance 1:4 --queue-bypass --queue-cpu-fanout

-j NFQUEUE --queue-num 65536                       !! number-out-of-range @ 24
-j NFQUEUE --queue-balance 4                       !! bad-range @ 28
-j NFQUEUE --queue-balance 4:4                     !! bad-range @ 28
-j NFQUEUE --queue-balance 0:65535                 !! bad-range @ 28
-j NFQUEUE --queue-balance 1:65536                 !! number-out-of-range @ 30
-j NFQUEUE --queue-balance 1:2:3                   !! bad-range @ 28
-j NFQUEUE --queue-num 1 --queue-balance 1:2       !! exclusive-options @ 26
-j NFQUEUE --queue-num 1 --queue-cpu-fanout        !! missing-option @ 26
