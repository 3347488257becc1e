//! Tiny picture files, built byte by byte: what shows something, and what was noted beside it.

/// What nobody may see afterwards: it stands in every noted piece.
pub const NOTED: &[u8] = b"51.4545N-2.5879W Zsofia";

/// A segment of a JPEG.
#[must_use]
pub fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker], &length[..], payload].concat()
}

/// The TIFF structure of an Exif with this orientation, a maker, and a GPS directory with a place in it.
#[must_use]
pub fn exif(orientation: u8, little: bool) -> Vec<u8> {
    let short = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
    let long = |n: u32| if little { n.to_le_bytes() } else { n.to_be_bytes() };
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&short(tag)[..], &short(kind), &long(count), &value].concat()
    };
    let turned = [short(u16::from(orientation)), [0, 0]].concat().try_into().unwrap();
    let mut tiff = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
    // At 8: three entries, ending at 50. At 50: GPS with two, ending at 80. At 80: the place.
    tiff.extend(long(8));
    tiff.extend(short(3));
    tiff.extend(entry(0x010f, 2, NOTED.len() as u32, long(80)));
    tiff.extend(entry(0x0112, 3, 1, turned));
    tiff.extend(entry(0x8825, 4, 1, long(50)));
    tiff.extend(long(0));
    tiff.extend(short(2));
    tiff.extend(entry(0x0001, 2, 2, *b"N\0\0\0"));
    tiff.extend(entry(0x0002, 5, 3, long(80)));
    tiff.extend(long(0));
    tiff.extend(NOTED);
    tiff.extend([0; 8]);
    tiff
}

/// JFIF, with a thumbnail of one point.
#[must_use]
pub fn jfif() -> Vec<u8> {
    segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01\xaa\xbb\xcc")
}

/// What only shows the picture: tables, a frame, and a scan with a stuffed byte and a restart in it.
#[must_use]
pub fn shown() -> Vec<Vec<u8>> {
    let quantisation = [&[0][..], &[1; 64]].concat();
    let codes = [&[0][..], &[0, 1], &[0; 14], &[5]].concat();
    vec![
        segment(0xdb, &quantisation),
        segment(0xc0, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
        segment(0xc4, &codes),
        segment(0xdd, &[0, 1]),
        [segment(0xda, &[1, 1, 0, 0, 63, 0]), b"\x12\x34\xff\x00\x56\xff\xd0\x78".to_vec()].concat(),
    ]
}

/// Everything that cameras, programs and people note in a JPEG.
#[must_use]
pub fn noted(orientation: u8) -> Vec<Vec<u8>> {
    let with = |head: &[u8]| [head, NOTED].concat();
    vec![
        segment(0xe1, &[b"Exif\0\0", &exif(orientation, true)[..]].concat()),
        segment(0xe1, &with(b"http://ns.adobe.com/xap/1.0/\0")),
        segment(0xe2, &with(b"MPF\0")),
        segment(0xed, &with(b"Photoshop 3.0\08BIM")),
        segment(0xe0, &with(b"JFXX\0\x10")),
        segment(0xef, NOTED),
        segment(0xfe, NOTED),
    ]
}

/// A JPEG of these segments.
#[must_use]
pub fn jpeg(segments: &[Vec<u8>]) -> Vec<u8> {
    [b"\xff\xd8".to_vec(), segments.concat(), b"\xff\xd9".to_vec()].concat()
}

/// A JPEG as a telephone takes it: Exif with the place, and a second picture behind the end.
#[must_use]
pub fn photo() -> Vec<u8> {
    let segments = [vec![jfif()], noted(6), shown()].concat();
    [jpeg(&segments), jpeg(&noted(1)), NOTED.to_vec()].concat()
}

/// What is left of [`photo`]: JFIF without its thumbnail, which way up, and the picture.
#[must_use]
pub fn photo_cleaned() -> Vec<u8> {
    let jfif = segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0");
    let turned = segment(0xe1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
    jpeg(&[vec![jfif, turned], shown()].concat())
}

/// A chunk of a PNG.
#[must_use]
pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(data);
    [&u32::try_from(data.len()).unwrap().to_be_bytes()[..], kind, data, &crc.sum().to_be_bytes()].concat()
}

/// The chunks of a PNG between its header and its end that show it.
#[must_use]
pub fn png_shown() -> Vec<Vec<u8>> {
    vec![chunk(b"gAMA", &[0, 0, 0xb1, 0x8f]), chunk(b"pHYs", &[0; 9]), chunk(b"IDAT", &[0x78, 0x9c, 3, 0, 0, 0, 0, 1])]
}

/// What programs note in a PNG.
#[must_use]
pub fn png_noted() -> Vec<Vec<u8>> {
    [b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME", b"iCCP", b"caBX", b"acTL"].map(|kind| chunk(kind, NOTED)).to_vec()
}

/// A PNG of these chunks.
#[must_use]
pub fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
    [b"\x89PNG\r\n\x1a\n".to_vec(), header, chunks.concat(), chunk(b"IEND", b"")].concat()
}

/// A GIF of these blocks, with a table of two colours.
#[must_use]
pub fn gif(blocks: &[Vec<u8>]) -> Vec<u8> {
    [b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec(), blocks.concat(), b"\x3b".to_vec()].concat()
}

/// A picture in a GIF, and how to show it.
#[must_use]
pub fn gif_shown() -> Vec<u8> {
    b"\x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0".to_vec()
}

/// What is noted in a GIF: a comment, a program's own block, a caption and how to show that.
#[must_use]
pub fn gif_noted() -> Vec<Vec<u8>> {
    let piece = |head: &[u8]| [head, &[u8::try_from(NOTED.len()).unwrap()], NOTED, &[0]].concat();
    vec![
        piece(b"\x21\xfe"),
        piece(b"\x21\xff\x0bXMP DataXMP"),
        [b"\x21\xf9\x04\0\x0a\0\0\0".to_vec(), piece(b"\x21\x01\x0c\0\0\0\0\0\0\0\0\0\0\0\0")].concat(),
    ]
}

/// A chunk of a WebP.
#[must_use]
pub fn riff(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let pad: &[u8] = if data.len() % 2 == 1 { &[0] } else { &[] };
    [kind, &u32::try_from(data.len()).unwrap().to_le_bytes()[..], data, pad].concat()
}

/// A picture in a WebP.
#[must_use]
pub fn webp_shown() -> Vec<u8> {
    riff(b"VP8L", b"\x2f\0\0\0\x10\x07\x10")
}

/// A WebP of these chunks, behind an extended header with these flags.
#[must_use]
pub fn webp(flags: u8, chunks: &[Vec<u8>]) -> Vec<u8> {
    let extended = riff(b"VP8X", &[flags, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    riff(b"RIFF", &[b"WEBP".to_vec(), extended, chunks.concat()].concat())
}

/// A package with these files, stored as they are.
#[must_use]
pub fn package(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut listed) = (Vec::new(), Vec::new());
    for (name, data) in files {
        let mut crc = flate2::Crc::new();
        crc.update(data);
        let size = u32::try_from(data.len()).unwrap().to_le_bytes();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let common = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &crc.sum().to_le_bytes(), &size, &size, &length, &[0, 0]];
        let from = u32::try_from(out.len()).unwrap().to_le_bytes();
        listed.extend([b"PK\x01\x02\x14\0".to_vec(), common.concat(), vec![0; 10], from.to_vec()].concat());
        listed.extend(name.as_bytes());
        out.extend([b"PK\x03\x04".to_vec(), common.concat(), name.as_bytes().to_vec(), data.to_vec()].concat());
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let (length, from) = (u32::try_from(listed.len()).unwrap(), u32::try_from(out.len()).unwrap());
    out.extend(&listed);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([&count[..], &count, &length.to_le_bytes(), &from.to_le_bytes(), &[0, 0]].concat());
    out
}
