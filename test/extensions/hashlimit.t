chains INPUT FORWARD OUTPUT
-m hashlimit --hashlimit-name a --hashlimit 5/s    => -m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 5 --hashlimit-name a
-m hashlimit --hashlimit-name a ! --hashlimit-upto 1 --hashlimit-burst 7 => -m hashlimit --hashlimit-above 1/sec --hashlimit-burst 7 --hashlimit-name a
-m hashlimit --hashlimit-name a ! --hashlimit-above 3/min => -m hashlimit --hashlimit-upto 3/min --hashlimit-burst 5 --hashlimit-name a
-m hashlimit --hashlimit-name a --hashlimit-upto 1/hour --hashlimit-mode dstport,srcip|dstip => -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 5 --hashlimit-mode srcip,dstip,dstport --hashlimit-name a
-m hashlimit --hashlimit-name a --hashlimit-above 200000/s --hashlimit-burst 1000000 => -m hashlimit --hashlimit-above 200000/sec --hashlimit-burst 1000000 --hashlimit-name a
-m hashlimit --hashlimit-name a --hashlimit-above 1/s --hashlimit-burst 2k => -m hashlimit --hashlimit-above 1/sec --hashlimit-burst 2048 --hashlimit-name a ?? number-cut
# printed with another unit than written: entries then live longer than what prints says
-m hashlimit --hashlimit-name a --hashlimit-upto 60/min => -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 5 --hashlimit-name a --hashlimit-htable-expire 60000
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-htable-expire 1000 => -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 5 --hashlimit-name a
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-htable-size 16 --hashlimit-htable-max 99 --hashlimit-htable-gcinterval 500 --hashlimit-htable-expire 3000 => -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 5 --hashlimit-name a --hashlimit-htable-size 16 --hashlimit-htable-max 99 --hashlimit-htable-gcinterval 500 --hashlimit-htable-expire 3000
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-htable-max 9999999 => -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 5 --hashlimit-name a --hashlimit-htable-max 1048576 ?? number-cut
# bytes
-m hashlimit --hashlimit-name a --hashlimit-above 1/2b/s => -m hashlimit --hashlimit-above 0b/s --hashlimit-name a ?? unreadable-print
-m hashlimit --hashlimit-name a --hashlimit-upto 512kb/s => -m hashlimit --hashlimit-upto 512kb/s --hashlimit-name a
-m hashlimit --hashlimit-name a --hashlimit-above 16b/s => -m hashlimit --hashlimit-above 16b/s --hashlimit-name a
-m hashlimit --hashlimit-name a --hashlimit-above 1500b/s => -m hashlimit --hashlimit-above 1488b/s --hashlimit-name a ?? rate-rounded
-m hashlimit --hashlimit-name a --hashlimit-above 4mb/s --hashlimit-burst 10mb => -m hashlimit --hashlimit-above 4mb/s --hashlimit-burst 12mb --hashlimit-name a
-m hashlimit --hashlimit-name a --hashlimit-above 100kb/s --hashlimit-burst 100kb --hashlimit-htable-expire 15000 => -m hashlimit --hashlimit-above 100kb/s --hashlimit-burst 100kb --hashlimit-name a --hashlimit-htable-expire 15000
-m hashlimit --hashlimit-name a --hashlimit-above 1mb/s --hashlimit-htable-expire 60000 => -m hashlimit --hashlimit-above 1mb/s --hashlimit-name a --hashlimit-htable-expire 60000
# the rate of an interval, and not of the time since
-m hashlimit --hashlimit-name m --hashlimit-above 10/s --hashlimit-rate-match => -m hashlimit --hashlimit-above 10/sec --hashlimit-burst 5 --hashlimit-name m --hashlimit-rate-match
-m hashlimit --hashlimit-name m --hashlimit-above 10/min --hashlimit-rate-match => -m hashlimit --hashlimit-above 10/sec --hashlimit-burst 5 --hashlimit-name m --hashlimit-htable-expire 60000 --hashlimit-rate-match --hashlimit-rate-interval 60
-m hashlimit --hashlimit-name m --hashlimit-above 10/s --hashlimit-rate-match --hashlimit-rate-interval 7 => -m hashlimit --hashlimit-above 10/sec --hashlimit-burst 5 --hashlimit-name m --hashlimit-rate-match --hashlimit-rate-interval 7
-m hashlimit --hashlimit-name m --hashlimit-above 512kb/s --hashlimit-rate-match --hashlimit-rate-interval 5 => -m hashlimit --hashlimit-above 512kb/s --hashlimit-name m --hashlimit-rate-match --hashlimit-rate-interval 5
-m hashlimit --hashlimit-name a --hashlimit-above 10/s --hashlimit-rate-interval 7 => -m hashlimit --hashlimit-above 10/sec --hashlimit-burst 5 --hashlimit-name a

-m hashlimit                                       !! missing-option @ 4
-m hashlimit --hashlimit-upto 1/s                  !! missing-option @ 4
-m hashlimit --hashlimit-name a                    !! missing-option @ 4
-m hashlimit --hashlimit-name a/b --hashlimit-upto 1/s !! bad-name @ 31
-m hashlimit --hashlimit-name a --hashlimit-upto 0/s !! bad-rate @ 50
-m hashlimit --hashlimit-name a --hashlimit-upto 0kb/s !! bad-rate @ 50
-m hashlimit --hashlimit-name a --hashlimit-upto 1/fortnight !! bad-rate @ 50
-m hashlimit --hashlimit-name a --hashlimit-upto 1000001/s !! rate-too-fast @ 50
-m hashlimit --hashlimit-name a --hashlimit-upto 32768mb/s !! rate-too-fast @ 50
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit 2/s !! duplicate-option @ 54
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-above 2/s !! exclusive-options @ 54
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-burst 0 !! bad-burst @ 72
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-burst 1000001 !! bad-burst @ 72
-m hashlimit --hashlimit-name a --hashlimit-upto 1mb/s --hashlimit-burst 512kb !! bad-burst @ 4
-m hashlimit --hashlimit-name a --hashlimit-upto 1/day !! rate-overflow @ 4
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-mode srcip,proto !! unknown-mode @ 71
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-htable-expire 0 !! number-out-of-range @ 80
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-rate-interval 0 !! bad-number @ 80

family 4
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-srcmask 24 --hashlimit-dstmask 255.255.0.0 => -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 5 --hashlimit-name a --hashlimit-srcmask 24 --hashlimit-dstmask 16
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-srcmask 32 => -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 5 --hashlimit-name a
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-srcmask 33 !! bad-mask @ 74
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-srcmask 255.0.255.0 !! bad-mask @ 74
family 6
-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-srcmask 64 --hashlimit-dstmask 0 => -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 5 --hashlimit-name a --hashlimit-srcmask 64 --hashlimit-dstmask 0
