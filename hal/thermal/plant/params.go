package plant

import "github.com/genesis-network/genesis/hal/thermal"

// Params describes a processor, its heatsink and its fans. Resistances are in
// micro-kelvin per watt, heat capacities in joules per kelvin, powers in
// microwatts, temperatures in millionths of a degree Celsius.
type Params struct {
	DieCapacity  int64 // J/K: die, heat spreader and the paste between
	SinkCapacity int64 // J/K
	DieToSink    int64 // uK/W
	SinkToAir    [thermal.FanTop + 1]int64

	Preheat     int64 // uK: by how much the air at the heatsink is warmer than the room
	Idle        int64 // uW at no load, leakage at LeakFrom included
	Full        int64 // uW at full load, leakage at LeakFrom included
	LeakSlope   int64 // uW/K: growth of leakage with the temperature of the die
	LeakFrom    int64 // uC
	FanPower    [thermal.FanTop + 1]int64
	ServedAt    [thermal.ThrottleTop + 1]int64 // thousandths of a percent of full load that each throttle level still serves
	SensorGrain int64                          // uC: the sensor rounds down to multiples of it
}

// Micro is the number of parts in which Params and the model count.
const Micro = 1_000_000

// DefaultParams are a rack server's processor of 90 W with a passive heatsink
// behind a row of three 40 mm fans. Sources:
//
//   - Heatsink: Intel Xeon Processor with 800 MHz System Bus, Thermal/Mechanical
//     Design Guide, section 2.4.6: case to air 0.2269 + 1.2225 * CFM^-0.9397 K/W
//     for CFM cubic feet a minute through the fins. Of the constant, 0.1 K/W is
//     taken for the joint between case and heatsink; with 0.1 K/W from junction
//     to case, DieToSink is 0.2 K/W and the rest is SinkToAir. With the fans at
//     rest, 1.1 K/W is assumed for natural convection in a chassis.
//   - Fans: three Sanyo Denki 9GAX0412P3S001 (40x40x28 mm): 15.6 W and 31.8 CFM
//     each at full speed, 0.84 W at 4400 of 25000 revolutions a minute. A third
//     of the airflow is taken to reach the fins, in proportion to speed. Power
//     is 0.76 W + 14.84 W * (speed)^3 each (affinity law); at level 0 they stand
//     still and the electronics draw on.
//   - Processor: 90 W at full load, 25 W at none, the spread of a two-socket
//     server of the heatsink's class.
//   - Leakage: it grows with the temperature of the die, so that cooling less
//     costs energy too (M. Zapater et al., "Leakage-aware cooling management for
//     improving server energy efficiency", IEEE TPDS 2014). 0.1 W/K is assumed,
//     linear in the range of use.
//   - Preheat: air passes memory and disks first; 10 K is assumed (the guide's
//     profiles allow 5 to 14 K over the room).
//   - Capacities: 30 g of copper spreader with the die and paste, 40 J/K; 450 g
//     of aluminium and copper, 300 J/K.
//   - Throttle: levels of duty 100, 85, 70, 55 and 40 percent.
//   - Sensor: reads whole degrees.
//
// They are of the right class and self-consistent; they are not measured on one
// machine.
func DefaultParams() Params {
	return Params{
		DieCapacity:  40,
		SinkCapacity: 300,
		DieToSink:    200_000,
		SinkToAir:    [...]int64{1_100_000, 539_110, 341_802, 273_714, 238_937, 217_744, 203_440, 193_119, 185_310, 179_190, 174_261},
		Preheat:      10 * Micro,
		Idle:         25 * Micro,
		Full:         90 * Micro,
		LeakSlope:    100_000,
		LeakFrom:     25 * Micro,
		FanPower:     [...]int64{2_280_000, 2_324_520, 2_636_160, 3_482_040, 5_129_280, 7_845_000, 11_896_320, 17_550_360, 25_074_240, 34_735_080, 46_800_000},
		ServedAt:     [...]int64{100_000, 85_000, 70_000, 55_000, 40_000},
		SensorGrain:  Micro,
	}
}
