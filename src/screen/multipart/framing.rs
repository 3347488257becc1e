//! Where parts begin and end (RFC 2046 section 5.1), wherever the input is cut.

/// The most that a part's headers may take, in bytes.
const HEAD: usize = 8 << 10;

/// What is wrong, and at which byte of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::screen) struct Fault {
    pub(in crate::screen) at: usize,
    pub(in crate::screen) what: &'static str,
    /// What to write instead, where that is not plain.
    pub(in crate::screen) mend: Option<&'static str>,
}

impl Fault {
    pub(in crate::screen) const fn new(at: usize, what: &'static str) -> Self {
        Self { at, what, mend: None }
    }
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::screen) enum Event {
    /// A part begins; its header lines without the last line's end, and where they are in the body.
    Head(Vec<u8>, usize),
    /// Some of the part's content: bytes of [`Framing::content`].
    Content,
    /// The part is whole.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first boundary.
    Preamble,
    Head,
    Content,
    /// After the last boundary.
    Epilogue,
}

/// Reads the frame of a body.
#[derive(Debug)]
pub(in crate::screen) struct Framing {
    /// `--` and the boundary.
    delimiter: Vec<u8>,
    state: State,
    buffer: Vec<u8>,
    /// How much of the buffer is dealt with.
    at: usize,
    /// How many bytes of the body came before the buffer.
    base: usize,
    /// Where in the buffer the content begins and ends that the last event is about.
    content: (usize, usize),
}

impl Framing {
    pub(in crate::screen) fn new(boundary: &str) -> Self {
        let delimiter = [b"--", boundary.as_bytes()].concat();
        Self { delimiter, state: State::Preamble, buffer: Vec::new(), at: 0, base: 0, content: (0, 0) }
    }

    /// Takes the next bytes.
    pub(in crate::screen) fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.at.min(self.buffer.len()));
        self.base += self.at;
        self.at = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The bytes that [`Event::Content`] is about.
    pub(in crate::screen) fn content(&self) -> &[u8] {
        self.buffer.get(self.content.0..self.content.1).unwrap_or_default()
    }

    /// What the bytes say next; `None` where more of them are needed.
    pub(in crate::screen) fn next(&mut self) -> Result<Option<Event>, Fault> {
        match self.state {
            State::Preamble => self.preamble(),
            State::Head => self.head(),
            State::Content => self.in_content(),
            State::Epilogue => self.epilogue(),
        }
    }

    /// The body is complete.
    pub(in crate::screen) fn finish(&self) -> Result<(), Fault> {
        if self.state == State::Epilogue {
            return Ok(());
        }
        Err(Fault::new(self.base + self.buffer.len(), "the last boundary, with `--` after it, is missing"))
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    const fn fault<T>(&self, at: usize, what: &'static str) -> Result<T, Fault> {
        Err(Fault::new(self.base + self.at + at, what))
    }

    /// Empty lines may come before the first boundary, and nothing else: no reader reads what stands there, so whoever
    /// writes something there means it for one that reads differently.
    fn preamble(&mut self) -> Result<Option<Event>, Fault> {
        while self.rest().starts_with(b"\r\n") {
            self.at += 2;
        }
        let rest = self.rest();
        let same = rest.iter().zip(&self.delimiter).take_while(|(a, b)| a == b).count();
        if same == self.delimiter.len() {
            return self.delimited(self.delimiter.len());
        }
        if same == rest.len() || rest == b"\r" {
            return Ok(None);
        }
        self.fault(same, "something other than the boundary before the first part")
    }

    /// What follows a boundary that ends `length` bytes on. After a part, that part is whole.
    fn delimited(&mut self, length: usize) -> Result<Option<Event>, Fault> {
        let after_part = self.state == State::Content;
        match self.rest().get(length..length + 2) {
            None => match self.rest().get(length) {
                Some(byte) if !b"\r-".contains(byte) => self.fault(length, OTHER),
                _ => Ok(None),
            },
            Some(end @ (b"\r\n" | b"--")) => {
                self.state = if end == b"--" { State::Epilogue } else { State::Head };
                self.at += length + 2;
                if after_part { Ok(Some(Event::End)) } else { self.next() }
            }
            Some(_) => self.fault(length, OTHER),
        }
    }

    fn head(&mut self) -> Result<Option<Event>, Fault> {
        let rest = self.rest();
        if rest.starts_with(b"\r\n") {
            return self.fault(0, "a part without headers");
        }
        let end = rest.get(..rest.len().min(HEAD + 4)).unwrap_or_default().windows(4).position(|w| w == b"\r\n\r\n");
        let Some(end) = end else {
            if rest.len() >= HEAD + 4 {
                return self.fault(0, "a part with more than 8192 bytes of headers");
            }
            return Ok(None);
        };
        let (head, at) = (rest.get(..end).unwrap_or_default().to_vec(), self.base + self.at);
        self.at += end + 4;
        self.state = State::Content;
        Ok(Some(Event::Head(head, at)))
    }

    fn in_content(&mut self) -> Result<Option<Event>, Fault> {
        let rest = self.rest();
        let Some(found) = find(rest, &self.delimiter) else {
            // What may be the beginning of the line end before a boundary, or of the boundary, waits.
            let waits = self.delimiter.len() + 1;
            return Ok(self.some(rest.len().saturating_sub(waits)));
        };
        let content = found.saturating_sub(2);
        if content > 0 {
            return Ok(self.some(content));
        }
        if !rest.starts_with(b"\r\n") {
            return self.fault(found, "the boundary within a line, or after a line end that is not CR LF");
        }
        self.delimited(self.delimiter.len() + 2)
    }

    fn some(&mut self, length: usize) -> Option<Event> {
        self.content = (self.at, self.at + length);
        self.at += length;
        (length > 0).then_some(Event::Content)
    }

    fn epilogue(&mut self) -> Result<Option<Event>, Fault> {
        match self.rest().iter().position(|byte| !b"\r\n \t".contains(byte)) {
            Some(at) => self.fault(at, "something after the last boundary"),
            None => {
                self.at = self.buffer.len();
                Ok(None)
            }
        }
    }
}

const OTHER: &str = "a line that begins like the boundary and goes on differently";

/// Where `needle`, which begins with two hyphens, stands first.
pub(in crate::screen) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = hay.get(from..)?.iter().position(|byte| *byte == b'-') {
        if hay.get(from + at..)?.starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}
