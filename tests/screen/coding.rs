//! Content codings: what is packed in any way is unpacked to the same, and what is not one whole stream is refused.

use bytes::Bytes;
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};
use havengate::{
    screen::coding::{Coding, Decoder, FREE, RATIO, listed},
    verdict::{Code, Refusal},
};
use proptest::prelude::*;
use std::io::{Read as _, Write as _};

const PLENTY: u64 = 1 << 40;
const ALL: [Coding; 4] = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd];

fn pack(coding: Coding, bytes: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Gzip => {
            let mut to = GzEncoder::new(Vec::new(), Compression::default());
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        }
        Coding::Deflate => {
            let mut to = ZlibEncoder::new(Vec::new(), Compression::default());
            to.write_all(bytes).unwrap();
            to.finish().unwrap()
        }
        Coding::Brotli => brotli(bytes, 22),
        Coding::Zstd => zstd(bytes, 3, None),
    }
}

fn raw_deflate(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut to = DeflateEncoder::new(Vec::new(), Compression::new(level));
    to.write_all(bytes).unwrap();
    to.finish().unwrap()
}

fn brotli(bytes: &[u8], window: i32) -> Vec<u8> {
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: 5, lgwin: window, ..brotli::enc::BrotliEncoderParams::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut out, &parameters).unwrap();
    out
}

fn zstd(bytes: &[u8], level: i32, window: Option<u32>) -> Vec<u8> {
    use zstd_safe::{CParameter, InBuffer, OutBuffer, zstd_sys::ZSTD_EndDirective};
    let mut context = zstd_safe::CCtx::create();
    context.set_parameter(CParameter::CompressionLevel(level)).unwrap();
    context.set_parameter(CParameter::ChecksumFlag(true)).unwrap();
    if let Some(window) = window {
        context.set_parameter(CParameter::WindowLog(window)).unwrap();
    }
    let mut out = vec![0; zstd_safe::compress_bound(bytes.len()) + 64];
    let mut to = OutBuffer::around(&mut out[..]);
    let mut from = InBuffer::around(bytes);
    // Without its size known beforehand, the frame says the window it was asked for.
    while from.pos() < bytes.len() {
        context.compress_stream2(&mut to, &mut from, ZSTD_EndDirective::ZSTD_e_continue).unwrap();
    }
    while context.compress_stream2(&mut to, &mut from, ZSTD_EndDirective::ZSTD_e_end).unwrap() > 0 {}
    let length = to.pos();
    out.truncate(length);
    out
}

/// What it unpacks to, fed in pieces of this size.
fn unpack(codings: &[Coding], bytes: &[u8], piece: usize, limit: u64) -> Result<Vec<u8>, Refusal> {
    let mut decoder = Decoder::new(codings, limit).unwrap();
    let mut out = Vec::new();
    for piece in bytes.chunks(piece) {
        decoder.feed(Bytes::copy_from_slice(piece));
        while let Some(piece) = decoder.next()? {
            assert!(piece.len() <= 32 << 10, "a piece of {} bytes", piece.len());
            out.extend_from_slice(&piece);
        }
    }
    decoder.finish().map(|()| out)
}

/// The refusal, which is the same wherever it is cut.
#[track_caller]
fn refused(codings: &[Coding], bytes: &[u8]) -> Refusal {
    let Err(refusal) = unpack(codings, bytes, bytes.len().max(1), PLENTY) else { panic!("it was read") };
    for piece in [1, 2, 3, 7, 1000] {
        assert_eq!(unpack(codings, bytes, piece, PLENTY).unwrap_err(), refusal, "cut every {piece}");
    }
    refusal
}

fn text(length: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for i in 0.. {
        if text.len() >= length {
            break;
        }
        write!(text, "{{\"id\":{},\"note\":\"{:x}\"}},", i, u64::from(i as u32).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .unwrap();
    }
    text.truncate(length);
    text
}

#[test]
fn every_coding_alone_and_over_every_other() {
    for length in [0, 1, 100, 70_000, 300_000] {
        let text = text(length);
        for first in ALL {
            let once = pack(first, &text);
            assert_eq!(unpack(&[first], &once, 4096, PLENTY).as_ref(), Ok(&text), "{first:?}");
            for second in ALL {
                let twice = pack(second, &once);
                assert_eq!(unpack(&[first, second], &twice, 4096, PLENTY).as_ref(), Ok(&text), "{first:?} {second:?}");
            }
        }
    }
}

#[test]
fn deflate_comes_in_zlibs_wrapping_or_bare() {
    for level in [0, 1, 9] {
        let text = text(200_000);
        let bare = raw_deflate(&text, level);
        for piece in [1, 2, 4096, bare.len()] {
            assert_eq!(unpack(&[Coding::Deflate], &bare, piece, PLENTY).as_ref(), Ok(&text), "{level} {piece}");
        }
    }
    // A stored block whose padding looks like zlib's header is not guessed at.
    let mut stored = vec![0x78, 0x01, 0x00, 0xfe, 0xff, b'a'];
    stored.extend([1, 0, 0, 0xff, 0xff]);
    assert_eq!(refused(&[Coding::Deflate], &stored).code, Code::BodyMalformed);
}

#[test]
fn what_is_not_one_whole_stream_is_refused() {
    let text = text(2000);
    for coding in ALL {
        let packed = pack(coding, &text);
        for cut in 0..packed.len() {
            let refusal = unpack(&[coding], &packed[..cut], 4096, PLENTY).unwrap_err();
            assert!(refusal.detail.contains("ends before"), "{coding:?} {cut}: {refusal}");
        }
        for extra in [b"\0".to_vec(), b"{}".to_vec(), packed.clone(), vec![0; 5000]] {
            let refusal = refused(&[coding], &[packed.clone(), extra].concat());
            assert_eq!(refusal.code, Code::BodyMalformed);
            let says = format!("ends at byte {} and more follows", packed.len());
            assert!(refusal.detail.contains(&says), "{coding:?}: {refusal}");
        }
        for other in ALL.into_iter().filter(|other| *other != coding) {
            assert_eq!(refused(&[other], &packed).code, Code::BodyMalformed, "{coding:?} said to be {other:?}");
        }
        assert_eq!(refused(&[coding], b"{\"plain\":1}").code, Code::BodyMalformed, "{coding:?}");
        assert!(Decoder::new(&[coding], PLENTY).unwrap().finish().is_err(), "nothing at all");
    }
}

#[test]
fn a_checksum_that_is_another_is_refused() {
    let text = text(2000);
    for (coding, from_end) in [(Coding::Gzip, 5), (Coding::Gzip, 1), (Coding::Deflate, 1), (Coding::Zstd, 1)] {
        let mut packed = pack(coding, &text);
        let at = packed.len() - from_end;
        packed[at] ^= 1;
        assert!(refused(&[coding], &packed).detail.contains("checksum"), "{coding:?}");
    }
}

#[test]
fn frames_that_say_nothing_are_refused() {
    let skippable = |n: u8| [&[0x50 + n, 0x2a, 0x4d, 0x18, 2, 0, 0, 0][..], b"hi"].concat();
    let frame = pack(Coding::Zstd, b"{}");
    for bytes in [skippable(0), [skippable(15), frame.clone()].concat()] {
        assert!(refused(&[Coding::Zstd], &bytes).detail.contains("does not begin"), "before");
    }
    let after = refused(&[Coding::Zstd], &[frame, skippable(0)].concat());
    assert!(after.detail.contains("skippable"), "{after}");
}

#[test]
fn windows_are_bounded() {
    let text = text(100_000);
    assert_eq!(unpack(&[Coding::Zstd], &zstd(&text, 3, Some(23)), 4096, PLENTY), Ok(text.clone()));
    let wide = refused(&[Coding::Zstd], &zstd(&text, 3, Some(24)));
    assert_eq!((wide.code, wide.detail.contains("8 MiB")), (Code::BodyUnsupported, true), "{wide}");
    assert_eq!(unpack(&[Coding::Brotli], &brotli(&text, 24), 4096, PLENTY), Ok(text.clone()));
    // What the large-window variant begins with is reserved in RFC 7932.
    let large = refused(&[Coding::Brotli], &[0x11, 0x1a, 0x03, 0, 0, 0]);
    assert!(large.detail.contains("large window"), "{large}");
}

/// A stream of nothing but zeros.
fn bomb(coding: Coding, length: usize) -> Vec<u8> {
    match coding {
        Coding::Brotli => brotli(&vec![0; length], 22),
        other => pack(other, &vec![0; length]),
    }
}

#[test]
fn what_unpacks_to_too_much_is_refused_early() {
    for coding in ALL {
        let bomb = bomb(coding, 8 << 20);
        let mut decoder = Decoder::new(&[coding], PLENTY).unwrap();
        decoder.feed(bomb.clone().into());
        let mut made = 0;
        let refusal = loop {
            match decoder.next() {
                Ok(Some(piece)) => made += piece.len() as u64,
                Ok(None) => panic!("{coding:?}: all of it came out"),
                Err(refusal) => break refusal,
            }
        };
        assert_eq!(refusal.code, Code::BodyTooLarge);
        assert!(refusal.detail.contains("100 times"), "{refusal}");
        assert!(made <= FREE + RATIO * bomb.len() as u64, "{coding:?}: {made} of {}", bomb.len());
        // The operation's own limit comes first where it is lower.
        let limited = unpack(&[coding], &bomb, 4096, 1000).unwrap_err();
        assert_eq!((limited.code, limited.detail.contains("1000 bytes")), (Code::BodyTooLarge, true), "{limited}");
    }
}

#[test]
fn a_bomb_within_a_bomb_is_bounded_by_what_arrived() {
    for (inner, outer) in [(Coding::Gzip, Coding::Zstd), (Coding::Zstd, Coding::Brotli), (Coding::Gzip, Coding::Gzip)] {
        let bytes = pack(outer, &bomb(inner, 8 << 20));
        let refusal = unpack(&[inner, outer], &bytes, 4096, PLENTY).unwrap_err();
        assert_eq!(refusal.code, Code::BodyTooLarge, "{inner:?} in {outer:?}");
    }
}

#[test]
fn the_list_of_codings_is_read_strictly() {
    let read = |values: &[&str]| listed(values.iter().copied()).map_err(|r| (r.code, r.reasons[0].rule.to_string()));
    assert_eq!(read(&[]), Ok(vec![]));
    assert_eq!(read(&["identity"]), Ok(vec![]));
    assert_eq!(read(&["GZip"]), Ok(vec![Coding::Gzip]));
    assert_eq!(read(&["x-gzip, br"]), Ok(vec![Coding::Gzip, Coding::Brotli]));
    assert_eq!(read(&["deflate", "zstd"]), Ok(vec![Coding::Deflate, Coding::Zstd]));
    for bad in ["compress", "gzip;q=1", "gzip,", "gzip gzip", "gzip, br, zstd", "aws-chunked", "dcb", "*"] {
        assert_eq!(read(&[bad]), Err((Code::BodyUnsupported, "content-coding".into())), "{bad}");
    }
}

/// What the codec's own reader makes of it in one go.
fn oracle(coding: Coding, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    match coding {
        Coding::Gzip => drop(flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap()),
        Coding::Deflate => drop(flate2::read::ZlibDecoder::new(bytes).read_to_end(&mut out).unwrap()),
        Coding::Brotli => brotli::BrotliDecompress(&mut &*bytes, &mut out).unwrap(),
        Coding::Zstd => {
            out.reserve(1 << 20);
            zstd_safe::decompress(&mut out, bytes).unwrap();
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_cut_gives_what_the_codecs_own_reader_gives(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..2000),
            "[a-c]{0,3000}".prop_map(String::into_bytes),
        ],
        coding in prop::sample::select(ALL.to_vec()),
    ) {
        let packed = pack(coding, &bytes);
        prop_assert_eq!(&oracle(coding, &packed), &bytes);
        for piece in 1..packed.len().min(40) {
            let unpacked = unpack(&[coding], &packed, piece, PLENTY);
            prop_assert_eq!(unpacked.as_ref(), Ok(&bytes));
        }
    }

    /// Damage is refused alike wherever it is cut, or what comes out is the same.
    #[test]
    fn damage_is_read_alike_wherever_it_is_cut(
        at in any::<prop::sample::Index>(),
        flip in 1..=255u8,
        coding in prop::sample::select(ALL.to_vec()),
        piece in 1..50usize,
    ) {
        let mut packed = pack(coding, &text(600));
        let at = at.index(packed.len());
        packed[at] ^= flip;
        let whole = unpack(&[coding], &packed, packed.len(), PLENTY);
        let cut = unpack(&[coding], &packed, piece, PLENTY);
        prop_assert_eq!(cut, whole);
    }
}
