chains INPUT FORWARD OUTPUT

-m limit                                           => -m limit --limit 3/hour
-m limit --limit 5/minute                          => -m limit --limit 5/min
-m limit --limit 5                                 => -m limit --limit 5/sec
-m limit --limit 7/M --limit-burst 20              => -m limit --limit 7/min --limit-burst 20
-m limit --limit 2/hour --limit-burst 5            => -m limit --limit 2/hour
# what prints is the unit that comes closest
-m limit --limit 60/min                            => -m limit --limit 1/sec
-m limit --limit 90/min                            => same
-m limit --limit 100/min                           => -m limit --limit 100/min
-m limit --limit 9999/s                            => -m limit --limit 10000/sec
-m limit --limit 7000/s                            => -m limit --limit 10000/sec
-m limit --limit 24/day                            => -m limit --limit 1/hour
-m limit --limit 1/day --limit-burst 1             => same
-m limit --limit 1/hour --limit-burst 119          => same
-m limit --limit 1/min --limit-burst 0x7           => -m limit --limit 1/min --limit-burst 7
# digits as far as they go
-m limit --limit 1.5/s                             => -m limit --limit 1/sec ?? number-cut

-m limit --limit 0/s                               !! bad-rate @ 18
-m limit --limit many/s                            !! bad-rate @ 18
-m limit --limit 5/                                !! bad-rate @ 18
-m limit --limit 5/week                            !! bad-rate @ 18
-m limit --limit 5/seconds                         !! bad-rate @ 18
-m limit --limit 10001/s                           !! rate-too-fast @ 18
-m limit --limit -5/s                              !! rate-too-fast @ 18
-m limit --limit 1/s --limit-burst 10001           !! number-out-of-range @ 36
-m limit --limit 1/s --limit-burst 0               !! bad-burst @ 4
-m limit --limit 1/day                             !! rate-overflow @ 4
-m limit --limit 1/hour --limit-burst 120          !! rate-overflow @ 4
-m limit ! --limit 1/s                             !! not-invertible @ 12
-m limit --limit 1/s --limit 2/s                   !! duplicate-option @ 22
