chains INPUT
-m socket                                          => same
-m socket --restore-skmark --transparent           => -m socket --transparent --restore-skmark
-m socket --nowildcard                             => same
-m socket ! --transparent                          !! not-invertible @ 13
chains FORWARD
-m socket                                          !! wrong-hook @ 4
table mangle
chains PREROUTING INPUT
-m socket --transparent --nowildcard               => same
