chains INPUT FORWARD OUTPUT
-p ipcomp -m ipcomp                                => -p ipcomp -m ipcomp --ipcompspi 0 ?? spi-0
# every index prints nothing, which reads back as the index 0
-p ipcomp -m ipcomp --ipcompspi 0:                 => -p ipcomp -m ipcomp ?? unreadable-print
-p ipcomp --compres ! --ipcompspi 18:20            => -p ipcomp -m ipcomp ! --ipcompspi 18:20 --compres ?? option-ignored
-p 108 -m ipcomp --ipcompspi 3                     => -p ipcomp -m ipcomp --ipcompspi 3

-p udp -m ipcomp                                   !! wrong-protocol @ 11
-p ipcomp -m ipcomp ! --compres                    !! not-invertible @ 23
