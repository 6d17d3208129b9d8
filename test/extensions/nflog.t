chains INPUT FORWARD OUTPUT

-j NFLOG                                           => same
-j NFLOG --nflog-group 1                           => same
-j NFLOG --nflog-group 0                           => -j NFLOG
-j NFLOG --nflog-prefix "new: " --nflog-group 7 --nflog-size 64 --nflog-threshold 20 => same
-j NFLOG --nflog-threshold 20 --nflog-size 0 --nflog-prefix x => -j NFLOG --nflog-prefix x --nflog-size 0 --nflog-threshold 20
-j NFLOG --nflog-range 0x40                        => -j NFLOG --nflog-range 64
-j NFLOG --nflog-range 0                           => -j NFLOG

-j NFLOG --nflog-group 65536                       !! number-out-of-range @ 24
-j NFLOG --nflog-size 4294967296                   !! number-out-of-range @ 23
-j NFLOG --nflog-prefix ""                         !! bad-prefix @ 25
-j NFLOG --nflog-range 1 --nflog-size 1            !! exclusive-options @ 26
