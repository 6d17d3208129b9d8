// The integer names of AssemblyScript as the TypeScript compiler sees them; asc brings its own.
type u8 = number;
type u16 = number;
type u32 = number;
type i32 = number;
type usize = number;
