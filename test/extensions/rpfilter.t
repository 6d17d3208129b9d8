table raw
chains PREROUTING
-m rpfilter                                        => same
-m rpfilter --invert --loose                       => -m rpfilter --loose --invert
-m rpfilter --accept-local --validmark             => -m rpfilter --validmark --accept-local
-m rpfilter ! --loose                              !! not-invertible @ 15
-m rpfilter --loose --loose                        !! duplicate-option @ 21
chains OUTPUT
-m rpfilter                                        !! wrong-hook @ 4
table mangle
chains PREROUTING
-m rpfilter --invert                               => same
chains INPUT
-m rpfilter                                        !! wrong-hook @ 4
table nat
chains PREROUTING
-m rpfilter                                        !! wrong-table @ 4
