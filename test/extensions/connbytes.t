chains INPUT FORWARD OUTPUT
-m connbytes --connbytes 1000 --connbytes-mode packets --connbytes-dir both => same
-m connbytes --connbytes-dir original --connbytes-mode avgpkt --connbytes :500 => -m connbytes --connbytes 0:500 --connbytes-mode avgpkt --connbytes-dir original
-m connbytes ! --connbytes 5:18446744073709551614 --connbytes-mode bytes --connbytes-dir reply => same
-m connbytes ! --connbytes 0 --connbytes-mode bytes --connbytes-dir reply => same
-m connbytes --connbytes 7: --connbytes-mode bytes --connbytes-dir reply => -m connbytes --connbytes 7 --connbytes-mode bytes --connbytes-dir reply
-m connbytes ! --connbytes 5:5 --connbytes-mode bytes --connbytes-dir both => -m connbytes --connbytes 5:5 --connbytes-mode bytes --connbytes-dir both ?? negation-lost
-m connbytes --connbytes 0:0 --connbytes-mode bytes --connbytes-dir both => -m connbytes --connbytes 0 --connbytes-mode bytes --connbytes-dir both ?? unreadable-print

-m connbytes                                       !! missing-option @ 4, missing-option @ 4, missing-option @ 4
-m connbytes --connbytes 9:3 --connbytes-mode bytes --connbytes-dir both !! range-backwards @ 26
-m connbytes --connbytes 1:2:3 --connbytes-mode bytes --connbytes-dir both !! bad-range @ 26
-m connbytes --connbytes 1k --connbytes-mode bytes --connbytes-dir both !! bad-number @ 26
-m connbytes --connbytes 1 --connbytes-mode octets --connbytes-dir both !! unknown-word @ 45
-m connbytes --connbytes 1 --connbytes-mode bytes --connbytes-dir in !! unknown-word @ 67
