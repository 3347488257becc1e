//! SplitMix64: the same set on every machine.

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }
    pub(crate) fn of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
    /// So many of these characters.
    pub(crate) fn text(&mut self, n: usize, from: &str) -> String {
        (0..n).map(|_| char::from(self.of(from.as_bytes()))).collect()
    }
    pub(crate) fn digits(&mut self, n: usize) -> String {
        self.text(n, "0123456789")
    }
    pub(crate) fn letters(&mut self, n: usize) -> String {
        self.text(n, "ABCDEFGHJKLMNPRSTWXYZ")
    }
}
