//! Kinds of document that may leave: those that can be cleaned, or at least told from everything else.

/// A picture or document of a kind that the gateway knows by its bytes. Everything else is of no kind and stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Document {
    /// ITU T.81. Cleaned.
    Jpeg,
    /// W3C PNG, third edition. Cleaned.
    Png,
    /// GIF 87a and 89a. Cleaned.
    Gif,
    /// RFC 9649. Cleaned.
    WebP,
    /// ISO 32000. Not looked into.
    Pdf,
    /// ECMA-376, a text. Not looked into.
    Word,
    /// ECMA-376, a spreadsheet. Not looked into.
    Excel,
    /// ECMA-376, slides. Not looked into.
    PowerPoint,
    /// ISO 26300, a text. Not looked into.
    OpenText,
    /// ISO 26300, a spreadsheet. Not looked into.
    OpenSheet,
    /// ISO 26300, slides. Not looked into.
    OpenSlides,
}

impl Document {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Jpeg,
        Self::Png,
        Self::Gif,
        Self::WebP,
        Self::Pdf,
        Self::Word,
        Self::Excel,
        Self::PowerPoint,
        Self::OpenText,
        Self::OpenSheet,
        Self::OpenSlides,
    ];

    /// The kind that a media type (lower case, without parameters) stands for.
    #[must_use]
    pub fn of(media: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media() == media)
    }

    /// Its media type.
    #[must_use]
    pub const fn media(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Word => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Excel => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::PowerPoint => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::OpenText => "application/vnd.oasis.opendocument.text",
            Self::OpenSheet => "application/vnd.oasis.opendocument.spreadsheet",
            Self::OpenSlides => "application/vnd.oasis.opendocument.presentation",
        }
    }

    /// Whether it leaves without what its maker noted in it; the others leave as they are.
    #[must_use]
    pub const fn is_cleaned(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Gif | Self::WebP)
    }
}
