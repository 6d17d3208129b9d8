family 6
chains INPUT FORWARD
-m eui64                                           => same
chains OUTPUT
-m eui64                                           !! wrong-hook @ 4
