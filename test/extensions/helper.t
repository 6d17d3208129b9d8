chains INPUT FORWARD OUTPUT
-m helper --helper ftp                             => same
-m helper ! --helper ftp-2121                      => same
-m helper --helper "a b"                           => same
-m helper --helper ""                              => same
-m helper --helper a-name-of-more-than-twenty-nine-bytes => -m helper --helper a-name-of-more-than-twenty-ni ?? text-cut

-m helper                                          !! missing-option @ 4
