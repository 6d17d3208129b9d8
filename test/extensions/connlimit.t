chains INPUT FORWARD OUTPUT
family 4
-m connlimit --connlimit-above 10                  => -m connlimit --connlimit-above 10 --connlimit-mask 32 --connlimit-saddr
-m connlimit --connlimit-upto 3 --connlimit-mask 24 => -m connlimit --connlimit-upto 3 --connlimit-mask 24 --connlimit-saddr
-m connlimit ! --connlimit-upto 0 --connlimit-daddr => -m connlimit --connlimit-above 0 --connlimit-mask 32 --connlimit-daddr
-m connlimit ! --connlimit-above 7 --connlimit-mask 0 => -m connlimit --connlimit-upto 7 --connlimit-mask 0 --connlimit-saddr
-m connlimit --connlimit-upto 7 --connlimit-mask 255.255.0.0 => -m connlimit --connlimit-upto 7 --connlimit-mask 16 --connlimit-saddr
-m connlimit --connlimit-upto 7 --connlimit-mask 255.0.255.0 => -m connlimit --connlimit-upto 7 --connlimit-mask 32 --connlimit-saddr ?? mask-ignored
-m connlimit --connlimit-upto 7 --connlimit-mask 33 => -m connlimit --connlimit-upto 7 --connlimit-mask 32 --connlimit-saddr ?? mask-ignored
-m connlimit --connlimit-upto 7 --connlimit-mask /24 !! bad-mask @ 50
family 6
-m connlimit --connlimit-above 10                  => -m connlimit --connlimit-above 10 --connlimit-mask 128 --connlimit-saddr
-m connlimit --connlimit-above 10 --connlimit-mask 48 --connlimit-daddr => same
-m connlimit --connlimit-above 10 --connlimit-mask ffff:: => -m connlimit --connlimit-above 10 --connlimit-mask 16 --connlimit-saddr

family 4 6
-m connlimit                                       !! missing-option @ 4
-m connlimit --connlimit-mask 24                   !! missing-option @ 4
-m connlimit --connlimit-upto 3 --connlimit-above 5 !! exclusive-options @ 33
-m connlimit --connlimit-upto 3 --connlimit-saddr --connlimit-daddr !! exclusive-options @ 51
-m connlimit --connlimit-upto 4294967296           !! number-out-of-range @ 31
