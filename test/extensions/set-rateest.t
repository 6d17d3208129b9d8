chains INPUT FORWARD OUTPUT

-j RATEEST --rateest-name a --rateest-interval 250.0ms --rateest-ewmalog 500.0ms => same
# microseconds where no unit is said
-j RATEEST --rateest-ewmalog 3 --rateest-interval 1 --rateest-name a => -j RATEEST --rateest-name a --rateest-interval 250.0ms --rateest-ewmalog 500.0ms
-j RATEEST --rateest-name b --rateest-interval 3sec --rateest-ewmalog 1e2s => -j RATEEST --rateest-name b --rateest-interval 4.0s --rateest-ewmalog 128.0s
-j RATEEST --rateest-name c --rateest-interval 600MS --rateest-ewmalog 5000000 => -j RATEEST --rateest-name c --rateest-interval 1.0s --rateest-ewmalog 8.0s
# a time constant of 2^19 quarters of a second, in 32 bits
-j RATEEST --rateest-name d --rateest-interval 1 --rateest-ewmalog 1s => -j RATEEST --rateest-name d --rateest-interval 250.0ms --rateest-ewmalog 2223.0s ?? unreadable-print
-j RATEEST --rateest-name abcdefghijklmnopq --rateest-interval 8.0s --rateest-ewmalog 16.0s => -j RATEEST --rateest-name abcdefghijklmno --rateest-interval 8.0s --rateest-ewmalog 16.0s ?? text-cut

-j RATEEST                                         !! missing-option @ 4, missing-option @ 4, missing-option @ 4
-j RATEEST --rateest-name a --rateest-interval 9s --rateest-ewmalog 20s !! number-out-of-range @ 4
-j RATEEST --rateest-name a --rateest-interval 1s --rateest-ewmalog 1s !! number-out-of-range @ 4
-j RATEEST --rateest-name a --rateest-interval 1h --rateest-ewmalog 2s !! bad-time @ 48
-j RATEEST --rateest-name a --rateest-interval 1s --rateest-ewmalog s !! bad-time @ 69
