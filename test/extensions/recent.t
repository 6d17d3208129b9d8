chains INPUT FORWARD OUTPUT
family 4

-m recent --set                                    => -m recent --set --name DEFAULT --mask 255.255.255.255 --rsource
-m recent ! --set --name ssh --rdest               => -m recent ! --set --name ssh --mask 255.255.255.255 --rdest
-m recent --name knock --rcheck --mask 255.0.255.0 => -m recent --rcheck --name knock --mask 255.0.255.0 --rsource
-m recent --update --rttl --hitcount 4 --reap --seconds 60 --name a => -m recent --update --seconds 60 --reap --hitcount 4 --rttl --name a --mask 255.255.255.255 --rsource
-m recent --remove --rdest --rsource               => -m recent --remove --name DEFAULT --mask 255.255.255.255 --rsource
-m recent ! --rcheck --hitcount 0                  => -m recent ! --rcheck --name DEFAULT --mask 255.255.255.255 --rsource
-m recent --rcheck --mask 255.255 --hitcount 65535 => -m recent --rcheck --hitcount 65535 --name DEFAULT --mask 255.0.0.255 --rsource
# as a signed number
-m recent --rcheck --seconds 2147483648            => -m recent --rcheck --seconds -2147483648 --name DEFAULT --mask 255.255.255.255 --rsource ?? unreadable-print
-m recent --set --name "a b"                       => -m recent --set --name a b --mask 255.255.255.255 --rsource ?? unreadable-print

family 6
-m recent --set                                    => -m recent --set --name DEFAULT --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource
-m recent --rcheck --mask ffff:: --name a          => -m recent --rcheck --name a --mask ffff:: --rsource
-m recent --rcheck --mask 255.0.0.0                !! bad-address @ 27

family 4 6
-m recent                                          !! missing-option @ 4
-m recent --name a                                 !! missing-option @ 4
-m recent --set --update                           !! exclusive-options @ 17
-m recent --set --rttl                             !! exclusive-options @ 17
-m recent --set --seconds 60                       !! exclusive-options @ 4
-m recent --remove --hitcount 3                    !! exclusive-options @ 4
-m recent --rcheck --reap                          !! missing-option @ 20
-m recent --rcheck --seconds 0                     !! number-out-of-range @ 30
-m recent --rcheck --hitcount 65536                !! number-out-of-range @ 31
-m recent --set --name a/b                         !! bad-name @ 24
-m recent --set --name ..                          !! bad-name @ 24
-m recent --set ! --name a                         !! not-invertible @ 19
-m recent --set --mask nowhere.invalid             !! bad-address @ 24
