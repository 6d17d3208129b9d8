family 6
chains INPUT FORWARD OUTPUT
-m srh                                             => same
-m srh --srh-tag 65535 ! --srh-next-hdr 17         => -m srh ! --srh-next-hdr 17 --srh-tag 65535
-m srh --srh-segs-left-gt 2 --srh-hdr-len-eq 8 ! --srh-last-entry-lt 4 => -m srh --srh-hdr-len-eq 8 --srh-segs-left-gt 2 ! --srh-last-entry-lt 4
-m srh --srh-hdr-len-gt 3 ! --srh-hdr-len-lt 7     => -m srh --srh-hdr-len-gt 7 ! --srh-hdr-len-lt 7 ?? value-shared
-m srh --srh-psid a::/64 ! --srh-nsid b::1 --srh-lsid ::/0 => -m srh --srh-psid a::/64 ! --srh-nsid b::1/128 --srh-lsid ::/0

-m srh --srh-tag 65536                             !! number-out-of-range @ 18
-m srh --srh-next-hdr tcp                          !! bad-number @ 23
-m srh --srh-psid 10.0.0.1                         !! bad-address @ 19
