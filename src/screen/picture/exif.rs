//! Which way up a picture is, the one thing of its Exif that is kept.

/// The orientation that Exif's TIFF structure gives (CIPA DC-008, tag 0x0112), where it turns the picture. What cannot
/// be read gives none: nothing else of it is kept in any case.
pub(super) fn orientation(tiff: &[u8]) -> Option<u8> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes: [u8; 4] = tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let count = usize::from(short(directory)?);
    let entry = (0..count).map(|i| directory.saturating_add(2 + 12 * i)).find(|at| short(*at) == Some(0x0112))?;
    let is_one_short = short(entry + 2)? == 3 && long(entry + 4)? == 1;
    let value = u8::try_from(short(entry + 8)?).ok()?;
    (is_one_short && (2..=8).contains(&value)).then_some(value)
}

/// A TIFF structure that says this orientation and nothing else.
pub(super) fn only(orientation: u8) -> [u8; 26] {
    let mut tiff = *b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0";
    tiff[19] = orientation;
    tiff
}
