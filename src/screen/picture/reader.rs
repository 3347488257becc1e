//! Reading a file from its beginning, strictly.

/// Why a file is not what it is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::screen) struct Fault {
    /// In plain words, and nothing of the file.
    pub(in crate::screen) what: &'static str,
    /// In bytes from the file's beginning.
    pub(in crate::screen) at: usize,
}

/// Where reading is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'f> {
    file: &'f [u8],
    at: usize,
}

impl<'f> Reader<'f> {
    pub(super) const fn new(file: &'f [u8]) -> Self {
        Self { file, at: 0 }
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) const fn fault(&self, what: &'static str) -> Fault {
        Fault { what, at: self.at }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.file.len()
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'f [u8], Fault> {
        let end = self.at.checked_add(count);
        let Some(bytes) = end.and_then(|end| self.file.get(self.at..end)) else {
            return Err(Fault { what: "the file ends too early", at: self.file.len() });
        };
        self.at += count;
        Ok(bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let at = self.at;
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| Fault { what: "the file ends too early", at })
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    /// The next bytes must be these.
    pub(super) fn expect(&mut self, bytes: &[u8], what: &'static str) -> Result<(), Fault> {
        let fault = self.fault(what);
        if self.take(bytes.len())? == bytes { Ok(()) } else { Err(fault) }
    }

    /// Everything that is left.
    pub(super) fn rest(&self) -> &'f [u8] {
        self.file.get(self.at..).unwrap_or_default()
    }

    /// What lies between an earlier place and here.
    pub(super) fn since(&self, from: usize) -> &'f [u8] {
        self.file.get(from..self.at).unwrap_or_default()
    }
}
