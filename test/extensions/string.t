chains INPUT FORWARD OUTPUT
-m string --string passwd --algo bm                => -m string --string "passwd" --algo bm
-m string --algo kmp ! --string "two words"        => -m string ! --string "two words" --algo kmp
-m string --algo bm --string x --from 1 --to 100 --icase => -m string --string "x" --algo bm --from 1 --to 100 --icase
-m string --algo bm --string x --from 0 --to 65535 => -m string --string "x" --algo bm
-m string --algo bm --hex-string "GET |0d 0a|"     => -m string --hex-string "|474554200d0a|" --algo bm
-m string --algo bm --hex-string "|  41 42 43|de"  => -m string --string "ABCde" --algo bm
-m string --algo bm ! --hex-string |00|            => -m string ! --hex-string "|00|" --algo bm
# a bar right behind a closing one stands for itself
-m string --algo bm --hex-string |41||42|          => -m string --string "A|42" --algo bm
-m string --algo bm --hex-string "a\\|b"           => -m string --string "a|b" --algo bm
-m string --algo bm --string "end\\"               => -m string --hex-string "|656e645c|" --algo bm
-m string --algo bm --string ä                     => -m string --hex-string "|c3a4|" --algo bm

-m string                                          !! missing-option @ 4
-m string --string x                               !! missing-option @ 4
-m string --algo bm                                !! missing-option @ 4
-m string --algo fsm --string x                    !! unknown-algorithm @ 18
-m string --algo bm --string x --hex-string |41|   !! exclusive-options @ 32
-m string --algo bm --string ""                    !! bad-pattern @ 30
-m string --algo bm --hex-string ""                !! bad-pattern @ 34
-m string --algo bm --hex-string |                 !! bad-pattern @ 34
-m string --algo bm --hex-string |4|               !! bad-pattern @ 34
-m string --algo bm --hex-string |4g|              !! bad-pattern @ 34
-m string --algo bm --hex-string |41               !! bad-pattern @ 34
-m string --algo bm --hex-string |4\\1|            !! bad-pattern @ 34
-m string --algo bm --string 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 !! bad-pattern @ 30
-m string --algo bm --string x --from 9 --to 3     !! range-backwards @ 4
-m string --algo bm --string x --to 65536          !! number-out-of-range @ 37
