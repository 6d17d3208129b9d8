chains INPUT FORWARD OUTPUT
-p tcp -m tcpmss --mss 1460                        => same
-p tcp -m tcpmss ! --mss 0:535                     => same
-p tcp -m tcpmss --mss :535                        => -p tcp -m tcpmss --mss 0:535
-p tcp -m tcpmss --mss 1500:                       => -p tcp -m tcpmss --mss 1500:65535

-p tcp -m tcpmss                                   !! missing-option @ 11
-m tcpmss --mss 42                                 !! wrong-protocol @ 4
-p tcp -m tcpmss --mss 9:3                         !! range-backwards @ 24
-p tcp -m tcpmss --mss 65536                       !! number-out-of-range @ 24
