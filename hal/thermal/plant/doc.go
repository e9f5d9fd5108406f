// Package plant simulates the surroundings of the slot thermal: a processor
// with a heatsink, a pair of fans and a temperature sensor, under recorded load
// and ambient temperature.
//
// The model has two nodes, die and heatsink, joined by thermal resistances:
//
//	Cd dTd/dt = P(load, throttle) + g (Td - Tref) - (Td - Ts)/Rds
//	Cs dTs/dt = (Td - Ts)/Rds - (Ts - Tair)/Rsa(fan)
//
// P is electrical power, g the growth of leakage with temperature, and Rsa
// falls with the speed of the fans. Between two ticks every input is constant,
// and the system is linear, so a tick is solved exactly: the new temperatures,
// and the mean of the die over the tick, are sums of the old temperatures and
// the inputs, with coefficients from the matrix exponential. These are computed
// once for each fan level with 192-bit integers, so that they are the same on
// every machine; temperatures are integers of a millionth of a degree.
//
// What it keeps true: integers only, bit-equal everywhere; a tick of at most
// ten seconds; the numerical error stated in README.md and tested against the
// closed-form solution and against smaller ticks. What it does not do: it
// claims no fit. The parameters are those of parts of its class (see Params);
// whether a real tile behaves so is not known until load and temperature were
// recorded together.
package plant
