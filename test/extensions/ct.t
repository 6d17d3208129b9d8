chains PREROUTING OUTPUT
table raw

-j CT                                              => same
-j CT --notrack                                    => same
-j CT --zone 7                                     => same
-j CT --zone 0x10                                  => -j CT --zone 16
-j CT --zone Mark                                  => -j CT --zone mark
-j CT --zone 0                                     => -j CT
-j CT --zone-orig 1                                => same
-j CT --zone-reply mark                            => same
-j CT --zone-orig 0                                => -j CT
# one zone, whatever options set it; "by mark" stays
-j CT --zone 5 --zone-orig 6                       => -j CT --zone-orig 6
-j CT --zone-orig 1 --zone-reply 2                 => -j CT --zone 2
-j CT --zone-reply mark --zone 2                   => -j CT --zone-reply mark
-j CT --ctevents mark,new,new                      => -j CT --ctevents new,mark
-j CT --ctevents new,related,destroy,reply,assured,protoinfo,helper,mark,natseqinfo,secmark => same
-j CT --expevents new                              => same
-p tcp -j CT --helper ftp                          => same
-j CT --zone 3 --expevents new --ctevents destroy --notrack => -j CT --notrack --ctevents destroy --expevents new --zone 3
# where it does not track, nobody asks whether there is such a helper or timeout
-j CT --notrack --helper abcdefghijklmnopqr        => -j CT --notrack --helper abcdefghijklmno ?? text-cut
-j CT --notrack --timeout slow                     => same
-j CT --notrack --timeout slowest                  => -j CT --notrack --timeout slow ?? text-cut

-j CT --zone 65536                                 !! number-out-of-range @ 14
-j CT --zone -1                                    !! bad-number @ 14
-j CT --zone 1 --zone 2                            !! duplicate-option @ 16
-j CT --ctevents New                               !! unknown-event @ 18
-j CT --ctevents new,                              !! unknown-event @ 22
-j CT --expevents destroy                          !! unknown-event @ 19
-j CT --helper ftp                                 !! needs-protocol @ 4
! -p tcp -j CT --helper ftp                        !! needs-protocol @ 13
-j CT --timeout slow                               !! needs-protocol @ 4
-p tcp -j CT --helper tftp                         !! unknown-helper @ 11

table filter
chains INPUT
-j CT --notrack                                    !! wrong-table @ 4

# a timeout must be known to the kernel, which nobody told it
offline
table raw
chains PREROUTING OUTPUT
-p tcp -j CT --timeout slow                        => same
