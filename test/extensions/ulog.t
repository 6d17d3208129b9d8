chains INPUT FORWARD OUTPUT
family 4
offline

-j ULOG                                            => same
-j ULOG --ulog-nlgroup 1 --ulog-qthreshold 1       => -j ULOG
-j ULOG --ulog-qthreshold 50 --ulog-cprange 100 --ulog-nlgroup 32 --ulog-prefix "in: " => -j ULOG --ulog-prefix "in: " --ulog-nlgroup 32 --ulog-cprange 100 --ulog-qthreshold 50
-j ULOG --ulog-cprange 4294967301                  => -j ULOG --ulog-cprange 5 ?? unreadable-print
-j ULOG --ulog-prefix abcdefghijklmnopqrstuvwxyz0123456 => -j ULOG --ulog-prefix abcdefghijklmnopqrstuvwxyz01234 ?? text-cut

-j ULOG --ulog-nlgroup 0                           !! number-out-of-range @ 24
-j ULOG --ulog-nlgroup 33                          !! number-out-of-range @ 24
-j ULOG --ulog-qthreshold 51                       !! number-out-of-range @ 27
-j ULOG --ulog-prefix ""                           !! bad-prefix @ 23
